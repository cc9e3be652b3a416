// Dialogs and sheets: focus goes in, stays in, and comes back. A sheet slides from the side, on phones from below.
import { Dialog as Base } from "@base-ui/react/dialog";
import X from "lucide-react/icons/x";
import type { ReactNode } from "react";
import { cx } from "./cx.ts";
import styles from "./Dialog.module.css";

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  /** One sentence below the title. */
  description?: ReactNode;
  children?: ReactNode;
  /** Buttons at the end; the primary one last. */
  buttons?: ReactNode;
  shape?: "dialog" | "sheet";
}

export function Dialog({ open, onClose, title, description, children, buttons, shape = "dialog" }: DialogProps) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={styles["backdrop"]} />
        <Base.Popup data-own-keys="" className={cx(styles["popup"], styles[shape])}>
          <div className={styles["head"]}>
            <Base.Title className={styles["title"]}>{title}</Base.Title>
            <Base.Close className={styles["close"]} aria-label="Close" title="Close (Esc)">
              <X />
            </Base.Close>
          </div>
          {description === undefined ? null : (
            <Base.Description className={styles["description"]}>{description}</Base.Description>
          )}
          <div className={styles["body"]}>{children}</div>
          {buttons === undefined ? null : <div className={styles["buttons"]}>{buttons}</div>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
