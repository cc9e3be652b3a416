// What can be done to the selected services; before more than one is touched, a sheet says which and what happens to each.
import { useSyncExternalStore } from "react";
import type { ServiceAction } from "../../../contract/operations.ts";
import type { ServiceStatus } from "../../../contract/status.ts";
import { useBlocked } from "../../api/hooks.ts";
import { serviceCan, VERBS } from "../../api/service-can.ts";
import { useApp } from "../../app-context.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { plural } from "../../ui/format.ts";
import { StateMark } from "../../ui/StateMark.tsx";
import styles from "./BulkBar.module.css";
import type { Selection } from "./selection.ts";
import type { ListKeys } from "./use-list-keys.ts";

const ACTIONS: readonly ServiceAction[] = ["start", "restart", "stop"];

export function BulkBar({ selection, keys }: { selection: Selection; keys: ListKeys }) {
  useSyncExternalStore(selection.changed.subscribe, selection.changed.getVersion);
  const blocked = useBlocked("operate");
  const { store } = useApp();
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
        <Button size="s" look="plain" onClick={() => selection.clear()}>
          Clear
        </Button>
      </div>
      {keys.asked === null ? null : (
        <Preview
          action={keys.asked}
          targets={targets}
          onClose={() => keys.ask(null)}
          onDone={() => selection.clear()}
        />
      )}
    </>
  );
}

function Preview({
  action,
  targets,
  onClose,
  onDone,
}: {
  action: ServiceAction;
  targets: ServiceStatus[];
  onClose: () => void;
  onDone: () => void;
}) {
  const { acts } = useApp();
  // Restarting what does not run starts it: that is what people mean by it.
  const hit = targets.filter(
    (status) => serviceCan[action](status) || (action === "restart" && serviceCan.start(status)),
  );
  const left = targets.filter((status) => !hit.includes(status));
  const { act } = VERBS[action];
  return (
    <Dialog
      open
      onClose={onClose}
      shape="sheet"
      title={`${act} ${plural(hit.length, "service")}?`}
      description={left.length === 0 ? undefined : `${plural(left.length, "other")} of the selected stay as they are.`}
      buttons={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            disabled={hit.length === 0}
            onClick={() => {
              onClose();
              onDone();
              void acts.many(
                hit.map(({ name }) => name),
                action,
              );
            }}
          >
            {act} {plural(hit.length, "service")}
          </Button>
        </>
      }
    >
      <ul className={styles["targets"]}>
        {hit.map((status) => (
          <li key={status.name}>
            <span>{status.name}</span>
            <StateMark state={status.state} />
          </li>
        ))}
        {left.map((status) => (
          <li key={status.name} className={styles["left"]}>
            <span>{status.name}</span>
            <span>stays {status.state}</span>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
