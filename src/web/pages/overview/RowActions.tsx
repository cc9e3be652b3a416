// What can be done to a service where it stands, always in this order: output, start or restart, stop.
import Play from "lucide-react/icons/play";
import Restart from "lucide-react/icons/rotate-cw";
import Logs from "lucide-react/icons/scroll-text";
import type { ServiceStatus } from "../../../contract/status.ts";
import { useActing, useBlocked } from "../../api/hooks.ts";
import { serviceCan } from "../../api/service-can.ts";
import { useApp } from "../../app-context.ts";
import { paths } from "../../paths.ts";
import { IconButton, IconLink } from "../../ui/Button.tsx";
import { StopIcon } from "../../ui/StopIcon.tsx";
import styles from "./RowActions.module.css";

export function RowActions({ status }: { status: ServiceStatus }) {
  const { acts } = useApp();
  const blocked = useBlocked("operate");
  const acting = useActing(status.name);
  const busy = blocked ?? (acting === undefined ? null : "one moment, it is being done");
  const { name } = status;
  const starts = !serviceCan.restart(status);
  const first = starts ? "start" : "restart";
  return (
    <div className={styles["actions"]}>
      <IconLink label={`Output of ${name}`} to={paths.service(name, "output")}>
        <Logs aria-hidden="true" />
      </IconLink>
      <IconButton
        label={starts ? `Start ${name}` : `Restart ${name}`}
        blocked={busy ?? (serviceCan[first](status) ? null : `it is ${status.state}`)}
        onClick={() => void acts.one(name, first)}
      >
        {starts ? <Play aria-hidden="true" /> : <Restart aria-hidden="true" />}
      </IconButton>
      <IconButton
        label={`Stop ${name}`}
        blocked={busy ?? (serviceCan.stop(status) ? null : `it is ${status.state}`)}
        onClick={() => void acts.one(name, "stop")}
      >
        <StopIcon />
      </IconButton>
    </div>
  );
}
