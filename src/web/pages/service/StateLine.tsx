// The state of a service, why it is so, since when, and what follows from it.
import type { InstanceStatus, ServiceStatus } from "../../../contract/status.ts";
import { useActing, useServers } from "../../api/hooks.ts";
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
  const stopped = useStoppedWords(status);
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
        {stopped === null ? null : <span className={styles["note"]}>{stopped}</span>}
        {limits === undefined || limits === null ? null : (
          <span className={styles["note"]}>Limit not applied: {limits}</span>
        )}
      </p>
    </div>
  );
}

/** What somebody stopped of a service that should run: "Stopped by somebody on far, #2; it stays so until it is started there." */
function useStoppedWords({ stopped_servers: servers, stopped_instances: instances }: ServiceStatus): string | null {
  const known = useServers() ?? [];
  const names = servers.map((id) => known.find((server) => server.id === id)?.name ?? id);
  const parts = [
    names.length > 0 && `on ${names.join(", ")}`,
    instances.length > 0 && `instance ${instances.map((index) => `#${index}`).join(", ")}`,
  ].filter(Boolean);
  return parts.length === 0 ? null : `Stopped by somebody: ${parts.join("; ")}. It stays so until it is started there.`;
}

/** The instance whose state is the service's. */
function worstOf(status: ServiceStatus): InstanceStatus | undefined {
  return status.instances.find((one) => one.state === status.state) ?? status.instances[0];
}
