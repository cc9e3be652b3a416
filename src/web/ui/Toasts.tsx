// Shows the toasts: a stack at the bottom, above everything, with live regions and a copy button where something failed.
import { Toast } from "@base-ui/react/toast";
import Check from "lucide-react/icons/circle-check";
import Copy from "lucide-react/icons/copy";
import Failed from "lucide-react/icons/circle-alert";
import Busy from "lucide-react/icons/loader-circle";
import X from "lucide-react/icons/x";
import { useEffect } from "react";
import { copyText } from "./copy.ts";
import { cx } from "./cx.ts";
import type { ToastData, ToastKind, Toasts } from "./toast-manager.ts";
import styles from "./Toasts.module.css";

const ICONS: Record<ToastKind, typeof Check> = { busy: Busy, done: Check, failed: Failed };

export function ToastStack({ toasts }: { toasts: Toasts }) {
  // Effects of what is inside come first: by then the provider listens.
  useEffect(() => toasts.ready(), [toasts]);
  return (
    <Toast.Provider toastManager={toasts.manager} limit={4}>
      <Toast.Portal>
        <Toast.Viewport className={styles["viewport"]}>
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function List() {
  const { toasts } = Toast.useToastManager<ToastData>();
  return toasts.map((toast) => {
    const kind = toast.data?.kind ?? "done";
    const Icon = ICONS[kind];
    const { text = "", progress } = toast.data ?? {};
    return (
      <Toast.Root key={toast.id} toast={toast} swipeDirection={["right", "down"]} className={styles["toast"]}>
        <Toast.Content className={cx(styles["content"], styles[kind])}>
          <Icon className={styles["mark"]} aria-hidden="true" />
          <div className={styles["words"]}>
            <Toast.Title className={styles["title"]} render={<p />} />
            <Toast.Description className={styles["detail"]} />
            {progress === undefined ? null : (
              <progress
                className={styles["progress"]}
                max={progress.total}
                value={progress.done}
                aria-label="Progress"
              />
            )}
          </div>
          <div className={styles["buttons"]}>
            {toast.actionProps === undefined ? null : <Toast.Action className={styles["action"]} />}
            {kind === "failed" ? (
              <button
                type="button"
                className={styles["icon"]}
                aria-label="Copy this message"
                title="Copy this message"
                onClick={() => void copyText(text)}
              >
                <Copy />
              </button>
            ) : null}
            <Toast.Close className={styles["icon"]} aria-label="Close" title="Close">
              <X />
            </Toast.Close>
          </div>
        </Toast.Content>
      </Toast.Root>
    );
  });
}
