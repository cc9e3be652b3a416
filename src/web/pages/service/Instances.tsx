// The copies of a service side by side, where there is more than one, with the server of each where there are several.
import Restart from "lucide-react/icons/rotate-cw";
import Play from "lucide-react/icons/play";
import { Link } from "wouter";
import type { ServiceStatus } from "../../../contract/status.ts";
import { useActing, useBlocked } from "../../api/hooks.ts";
import { useApp } from "../../app-context.ts";
import { paths } from "../../paths.ts";
import { IconButton } from "../../ui/Button.tsx";
import { formatBytes, formatPercent, NONE } from "../../ui/format.ts";
import { StateMark } from "../../ui/StateMark.tsx";
import { Since } from "../../ui/Time.tsx";
import { StopIcon } from "../../ui/StopIcon.tsx";
import styles from "./Instances.module.css";

type Instance = ServiceStatus["instances"][number];

export function Instances({ status }: { status: ServiceStatus }) {
  const servers = new Set(status.instances.map(({ server_id }) => server_id)).size;
  const numbered = status.instances.some(({ index }) => index > 0);
  return (
    <ul className={styles["list"]} aria-label="Instances">
      {status.instances.map((instance) => (
        <One
          key={`${instance.server_id} ${instance.index}`}
          instance={instance}
          named={servers > 1}
          numbered={numbered}
        />
      ))}
    </ul>
  );
}

/** `named` where they are on several servers, `numbered` where a server has several. */
function One({ instance, named, numbered }: { instance: Instance; named: boolean; numbered: boolean }) {
  const { acts } = useApp();
  const { service, index, state, pid, server, stale } = instance;
  const which = named ? { index, server: { id: instance.server_id, name: server } } : { index };
  const label = named ? `${server}${numbered ? ` #${index}` : ""}` : `instance ${index}`;
  const acting = useActing(service);
  const blocked = useBlocked("operate") ?? (acting === undefined ? null : "one moment, it is being done");
  const runs = pid !== null;
  return (
    <li className={styles["instance"]} data-old={stale ? "" : undefined}>
      <div className={styles["head"]}>
        <b>
          {named ? <Link href={paths.server(server)}>{server}</Link> : null}
          {named && numbered ? " " : null}
          {numbered || !named ? `#${index}` : null}
        </b>
        <StateMark state={state} {...(stale && { tone: "off" as const, word: `was ${state}` })} />
        <span className={styles["up"]}>
          {instance.started_at === null || !runs || stale ? NONE : <Since at={instance.started_at} />}
        </span>
      </div>
      <div className={styles["numbers"]}>
        <span>{runs ? `pid ${pid}` : (instance.reason ?? NONE)}</span>
        <span>{formatPercent(stale ? null : instance.cpu)}</span>
        <span>{formatBytes(stale ? null : instance.memory)}</span>
        <span className={styles["acts"]}>
          <IconButton
            label={`${runs ? "Restart" : "Start"} ${label}`}
            blocked={blocked}
            onClick={() => void acts.one(service, runs ? "restart" : "start", which)}
          >
            {runs ? <Restart aria-hidden="true" /> : <Play aria-hidden="true" />}
          </IconButton>
          <IconButton
            label={`Stop ${label}`}
            blocked={blocked ?? (runs || state === "backoff" ? null : `it is ${state}`)}
            onClick={() => void acts.one(service, "stop", which)}
          >
            <StopIcon />
          </IconButton>
        </span>
      </div>
    </li>
  );
}
