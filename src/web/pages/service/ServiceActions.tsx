// What can be done to this service. Start, stop and restart at once, with Undo; killing cannot be taken back and asks first.
import Play from "lucide-react/icons/play";
import Restart from "lucide-react/icons/rotate-cw";
import Zap from "lucide-react/icons/zap";
import { useEffect, useState } from "react";
import type { ServiceAction } from "../../../contract/operations.ts";
import type { ServiceStatus } from "../../../contract/status.ts";
import { useActing, useBlocked, usePreferences } from "../../api/hooks.ts";
import { serviceCan } from "../../api/service-can.ts";
import { useApp } from "../../app-context.ts";
import { Button } from "../../ui/Button.tsx";
import { StopIcon } from "../../ui/StopIcon.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { plural } from "../../ui/format.ts";
import { isTyping } from "../../ui/is-typing.ts";
import styles from "./ServiceActions.module.css";

export function ServiceActions({ status }: { status: ServiceStatus }) {
  const { acts } = useApp();
  const [asking, setAsking] = useState(false);
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
      <Button blocked={blocked("stop")} onClick={() => run("stop")}>
        <StopIcon /> Stop
      </Button>
      <Button look="danger" blocked={blocked("kill")} onClick={() => setAsking(true)}>
        <Zap aria-hidden="true" /> Kill…
      </Button>
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
