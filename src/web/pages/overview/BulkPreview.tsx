// Before more than one service is touched: which, what happens to each, and what becomes of those that depend on them.
import type { ServiceAction } from "../../../contract/operations.ts";
import type { ServiceStatus } from "../../../contract/status.ts";
import { serviceCan, VERBS } from "../../api/service-can.ts";
import { useApp } from "../../app-context.ts";
import { ConsequenceList } from "../../dependencies/ConsequenceList.tsx";
import { consequencesOf } from "../../dependencies/consequences.ts";
import { useGraph } from "../../dependencies/use-graph.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { plural } from "../../ui/format.ts";
import { StateMark } from "../../ui/StateMark.tsx";
import styles from "./BulkBar.module.css";

export function BulkPreview({
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
      {action === "stop" || action === "restart" ? (
        <Dependents action={action} names={hit.map(({ name }) => name)} />
      ) : null}
    </Dialog>
  );
}

/** Those that are not selected and depend on what is. */
function Dependents({ action, names }: { action: "stop" | "restart"; names: readonly string[] }) {
  const { store } = useApp();
  const { data } = useGraph();
  if (data === undefined) return null;
  const consequences = consequencesOf(data, names, action, (name) => store.row(name)?.state);
  if (consequences.told.length === 0) return null;
  return (
    <>
      <h3 className={styles["others"]}>Not selected, but depending on them</h3>
      <ConsequenceList consequences={consequences} action={action} />
    </>
  );
}
