// The state of a service, why it is so, since when, and what follows from it.
import type { InstanceStatus, ServiceStatus } from "../../../contract/status.ts";
import { useActing } from "../../api/hooks.ts";
import { Due, Since } from "../../ui/Time.tsx";
import { RowState } from "../overview/parts.tsx";
import styles from "./StateLine.module.css";

export function StateLine({ status }: { status: ServiceStatus }) {
  const acting = useActing(status.name);
  const told = worstOf(status);
  const older = status.instances.find(
    (one) => one.pid !== null && one.revision !== null && one.revision !== status.revision,
  );
  const limits = status.instances.find((one) => one.limits_note !== null)?.limits_note;
  return (
    <div className={styles["line"]}>
      <p className={styles["state"]}>
        <RowState status={status} acting={acting} />
        {told === undefined ? null : (
          <span className={styles["since"]}>
            for <Since at={told.since} />
          </span>
        )}
      </p>
      <p className={styles["reason"]}>
        {status.reason ?? told?.reason}
        {told?.next_start_at ? (
          <>
            {" "}
            · next try <Due at={told.next_start_at} />
          </>
        ) : null}
        {older === undefined ? null : (
          <span className={styles["note"]}>
            Runs r{older.revision}; r{status.revision} is saved and counts from the next start.
          </span>
        )}
        {limits === undefined || limits === null ? null : (
          <span className={styles["note"]}>Limit not applied: {limits}</span>
        )}
      </p>
    </div>
  );
}

/** The instance whose state is the service's. */
function worstOf(status: ServiceStatus): InstanceStatus | undefined {
  return status.instances.find((one) => one.state === status.state) ?? status.instances[0];
}
