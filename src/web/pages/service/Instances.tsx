// The copies of a service side by side, where there is more than one.
import Restart from "lucide-react/icons/rotate-cw";
import Play from "lucide-react/icons/play";
import type { InstanceStatus, ServiceStatus } from "../../../contract/status.ts";
import { useActing, useBlocked } from "../../api/hooks.ts";
import { useApp } from "../../app-context.ts";
import { IconButton } from "../../ui/Button.tsx";
import { formatBytes, formatPercent, NONE } from "../../ui/format.ts";
import { StateMark } from "../../ui/StateMark.tsx";
import { Since } from "../../ui/Time.tsx";
import { StopIcon } from "../../ui/StopIcon.tsx";
import styles from "./Instances.module.css";

export function Instances({ status }: { status: ServiceStatus }) {
  return (
    <ul className={styles["list"]} aria-label="Instances">
      {status.instances.map((instance) => (
        <Instance key={instance.index} instance={instance} />
      ))}
    </ul>
  );
}

function Instance({ instance }: { instance: InstanceStatus }) {
  const { acts } = useApp();
  const { service, index, state, pid } = instance;
  const acting = useActing(service);
  const blocked = useBlocked("operate") ?? (acting === undefined ? null : "one moment, it is being done");
  const runs = pid !== null;
  return (
    <li className={styles["instance"]}>
      <div className={styles["head"]}>
        <b>#{index}</b>
        <StateMark state={state} />
        <span className={styles["up"]}>
          {instance.started_at === null || !runs ? NONE : <Since at={instance.started_at} />}
        </span>
      </div>
      <div className={styles["numbers"]}>
        <span>{runs ? `pid ${pid}` : (instance.reason ?? NONE)}</span>
        <span>{formatPercent(instance.cpu)}</span>
        <span>{formatBytes(instance.memory)}</span>
        <span className={styles["acts"]}>
          <IconButton
            label={`${runs ? "Restart" : "Start"} instance ${index}`}
            blocked={blocked}
            onClick={() => void acts.one(service, runs ? "restart" : "start", { index })}
          >
            {runs ? <Restart aria-hidden="true" /> : <Play aria-hidden="true" />}
          </IconButton>
          <IconButton
            label={`Stop instance ${index}`}
            blocked={blocked ?? (runs || state === "backoff" ? null : `it is ${state}`)}
            onClick={() => void acts.one(service, "stop", { index })}
          >
            <StopIcon />
          </IconButton>
        </span>
      </div>
    </li>
  );
}
