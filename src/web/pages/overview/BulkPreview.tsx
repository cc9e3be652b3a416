// Before more than one service is touched: which, and what happens to each.
import type { ServiceAction } from "../../../contract/operations.ts";
import type { ServiceStatus } from "../../../contract/status.ts";
import { serviceCan, VERBS } from "../../api/service-can.ts";
import { useApp } from "../../app-context.ts";
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
    </Dialog>
  );
}
