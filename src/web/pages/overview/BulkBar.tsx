// What can be done to the selected services; before more than one is touched, a sheet says which and what happens to each.
import { lazy, Suspense, useState, useSyncExternalStore } from "react";
import type { ServiceAction } from "../../../contract/operations.ts";
import { useBlocked } from "../../api/hooks.ts";
import { VERBS } from "../../api/service-can.ts";
import { useApp } from "../../app-context.ts";
import { Button } from "../../ui/Button.tsx";
import { plural } from "../../ui/format.ts";
import styles from "./BulkBar.module.css";
import type { Selection } from "./selection.ts";
import type { ListKeys } from "./use-list-keys.ts";

const BulkPreview = lazy(async () => ({ default: (await import("./BulkPreview.tsx")).BulkPreview }));

const RollingDialog = lazy(async () => ({ default: (await import("../../rolling/RollingDialog.tsx")).RollingDialog }));

const ACTIONS: readonly ServiceAction[] = ["start", "restart", "stop"];

export function BulkBar({ selection, keys }: { selection: Selection; keys: ListKeys }) {
  useSyncExternalStore(selection.changed.subscribe, selection.changed.getVersion);
  const blocked = useBlocked("operate");
  const { store } = useApp();
  const [rolling, setRolling] = useState(false);
  const targets = selection.all().flatMap((name) => store.row(name) ?? []);
  if (targets.length === 0) return null;
  return (
    <>
      <div className={styles["bar"]} role="region" aria-label="Selected services">
        <span className={styles["count"]} role="status">
          {plural(targets.length, "service")} selected
        </span>
        {ACTIONS.map((action) => (
          <Button key={action} size="s" blocked={blocked} onClick={() => keys.ask(action)}>
            {VERBS[action].act}…
          </Button>
        ))}
        <Button size="s" blocked={blocked} onClick={() => setRolling(true)}>
          Rolling restart…
        </Button>
        <Button size="s" look="plain" className={styles["clear"]} onClick={() => selection.clear()}>
          Clear
        </Button>
      </div>
      {rolling ? (
        <Suspense fallback={null}>
          <RollingDialog
            names={targets.map(({ name }) => name)}
            onClose={() => setRolling(false)}
            onBegun={() => selection.clear()}
          />
        </Suspense>
      ) : null}
      {keys.asked === null ? null : (
        <Suspense fallback={null}>
          <BulkPreview
            action={keys.asked}
            targets={targets}
            onClose={() => keys.ask(null)}
            onDone={() => selection.clear()}
          />
        </Suspense>
      )}
    </>
  );
}
