// Declared ports against those that really listen.
import type { ServiceStatus } from "../../../contract/status.ts";
import { useSettings } from "../../api/hooks.ts";
import { PortTag, type ShownPort } from "../../ui/Tag.tsx";
import { portsOf } from "../overview/parts.tsx";
import styles from "./PortList.module.css";

export function PortList({ status }: { status: ServiceStatus }) {
  const settings = useSettings();
  const ports = portsOf(status);
  if (ports.length === 0) return null;
  const host = settings?.default_tailscale_domain || location.hostname;
  return (
    <ul className={styles["list"]}>
      {ports.map((port) => (
        <li key={port.port}>
          <PortTag status={port} host={host} />
          <span>{wordsOf(port, status)}</span>
        </li>
      ))}
    </ul>
  );
}

function wordsOf(port: ShownPort, status: ServiceStatus): string {
  const declared = status.ports.includes(port.port);
  if (!declared) return "listens, but is not declared";
  if (port.untold === true) return "declared; the service does not run";
  if (port.in_use && !port.own && port.pid !== null)
    return `declared, held by ${port.command ?? "a stranger"} (pid ${port.pid})`;
  if (port.accessible) return "declared and answers";
  if (port.in_use) return "declared, in use, does not answer";
  return status.running ? "declared, but nobody listens" : "declared, free";
}
