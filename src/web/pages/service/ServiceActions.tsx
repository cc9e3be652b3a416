// What can be done to this service. Start, stop and restart at once, with Undo; killing cannot be taken back and asks first, as does
// what others depend on (api/acts.ts).
import { useQuery } from "@tanstack/react-query";
import Layers from "lucide-react/icons/layers";
import Play from "lucide-react/icons/play";
import Reload from "lucide-react/icons/refresh-ccw-dot";
import Restart from "lucide-react/icons/rotate-cw";
import Zap from "lucide-react/icons/zap";
import { lazy, Suspense, useEffect, useState } from "react";
import type { ServiceAction } from "../../../contract/operations.ts";
import type { ServiceStatus } from "../../../contract/status.ts";
import { useActing, useBlocked, usePreferences } from "../../api/hooks.ts";
import { call } from "../../api/client.ts";
import { serviceCan } from "../../api/service-can.ts";
import { useApp } from "../../app-context.ts";
import { Button } from "../../ui/Button.tsx";
import { StopIcon } from "../../ui/StopIcon.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { plural } from "../../ui/format.ts";
import { isTyping } from "../../ui/is-typing.ts";
import styles from "./ServiceActions.module.css";

const RollingDialog = lazy(async () => ({ default: (await import("../../rolling/RollingDialog.tsx")).RollingDialog }));

export function ServiceActions({ status }: { status: ServiceStatus }) {
  const { acts } = useApp();
  const [asking, setAsking] = useState(false);
  const [rolling, setRolling] = useState(false);
  const reloads = useReloadSignal(status);
  const acting = useActing(status.name);
  const role = useBlocked("operate");
  const blocked = (action: ServiceAction): string | null =>
    role ??
    (acting !== undefined
      ? "one moment, it is being done"
      : serviceCan[action](status)
        ? null
        : `it is ${status.state}`);
  const run = (action: ServiceAction): void => void acts.one(status.name, action);
  const restarts = serviceCan.restart(status);
  useKeys({
    r: () => {
      const action = restarts ? "restart" : "start";
      if (blocked(action) === null) run(action);
    },
    s: () => {
      if (blocked("stop") === null) run("stop");
    },
  });
  return (
    <div className={styles["actions"]}>
      {restarts ? (
        <Button blocked={blocked("restart")} onClick={() => run("restart")}>
          <Restart aria-hidden="true" /> Restart
        </Button>
      ) : (
        <Button look="primary" blocked={blocked("start")} onClick={() => run("start")}>
          <Play aria-hidden="true" /> Start
        </Button>
      )}
      {status.instances.length > 1 ? (
        <Button blocked={role} onClick={() => setRolling(true)}>
          <Layers aria-hidden="true" /> Rolling restart…
        </Button>
      ) : null}
      {reloads === null ? null : (
        <Button blocked={blocked("reload")} title={`Sends ${reloads}`} onClick={() => run("reload")}>
          <Reload aria-hidden="true" /> Reload
        </Button>
      )}
      <Button blocked={blocked("stop")} onClick={() => run("stop")}>
        <StopIcon /> Stop
      </Button>
      <Button look="danger" blocked={blocked("kill")} onClick={() => setAsking(true)}>
        <Zap aria-hidden="true" /> Kill…
      </Button>
      <Suspense fallback={null}>
        {rolling ? <RollingDialog names={[status.name]} onClose={() => setRolling(false)} /> : null}
      </Suspense>
      <Dialog
        open={asking}
        onClose={() => setAsking(false)}
        title={`Kill ${status.name}?`}
        description={`SIGKILL to ${plural(status.pid_count, "process", "processes")}, without the stop signal and its grace. What they had not written is lost. Stop asks first and waits.`}
        buttons={
          <>
            <Button onClick={() => setAsking(false)}>Cancel</Button>
            <Button
              look="danger"
              onClick={() => {
                setAsking(false);
                run("kill");
              }}
            >
              Kill {status.name}
            </Button>
          </>
        }
      />
    </div>
  );
}

/** The signal on which the program reloads; null where it cannot, or while that is not known. */
function useReloadSignal({ name, revision }: ServiceStatus): string | null {
  const { data } = useQuery({
    queryKey: ["reload-signal", name, revision],
    queryFn: ({ signal }) => call("GET /api/services/{name}", { params: { name }, signal }),
    select: ({ reload }) => reload.signal,
    staleTime: Infinity,
  });
  return data ?? null;
}

function useKeys(keys: Record<string, () => void>): void {
  const { shortcuts } = usePreferences();
  useEffect(() => {
    if (!shortcuts) return undefined;
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      const run = keys[event.key];
      if (run === undefined) return;
      event.preventDefault();
      run();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });
}
