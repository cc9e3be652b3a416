// Parts that table and cards share.
import type { ServiceAction } from "../../../contract/operations.ts";
import type { InstanceState, ServiceStatus } from "../../../contract/status.ts";
import { useRecentCpu } from "../../api/hooks.ts";
import { isAllStale, placesOf } from "../../api/places.ts";
import { useApp } from "../../app-context.ts";
import { paths } from "../../paths.ts";
import { Sparkline } from "../../ui/Sparkline.tsx";
import { StateMark } from "../../ui/StateMark.tsx";
import { PortTag, Tag, type ShownPort } from "../../ui/Tag.tsx";
import { Link } from "wouter";
import styles from "./parts.module.css";

const GOING: Record<ServiceAction, InstanceState> = {
  start: "starting",
  stop: "stopping",
  restart: "stopping",
  kill: "stopping",
  reload: "running",
};

/** The state, or what it is about to become because this browser asked. What its servers said before they went is no green. */
export function RowState({ status, acting }: { status: ServiceStatus; acting: ServiceAction | undefined }) {
  const state = acting === undefined ? status.state : GOING[acting];
  const old = acting === undefined && isAllStale(status);
  // It runs, but not yet so that others may rely on it; its row says why.
  const unready = acting === undefined && !old && state === "running" && status.health === "not_ready";
  const word = acting === "restart" ? "restarting" : old ? `was ${state}` : unready ? "not ready" : state;
  const up = status.instances.filter((instance) => instance.state === "running" && !instance.stale).length;
  return (
    <span className={styles["state"]}>
      <StateMark
        state={state}
        word={word}
        {...(old ? { tone: "off" as const } : unready && { tone: "wait" as const })}
      />
      {status.instances.length > 1 ? (
        <span className={styles["count"]} title={`${up} of ${status.instances.length} instances run`}>
          {up}/{status.instances.length}
        </span>
      ) : null}
    </span>
  );
}

/** Its servers, `most` of them; those that are not heard are dashed and say so. */
export function Where({ status, most }: { status: ServiceStatus; most: number }) {
  const { servers } = useApp();
  const places = placesOf(status, (id) => servers.get(id)?.name);
  const shown = places.length > most ? places.slice(0, most - 1) : places;
  return (
    <span className={styles["where"]}>
      {shown.map(({ id, name, stale, untold }) => (
        <Link key={id} href={paths.server(name)}>
          <Tag
            title={stale ? `${name}: what it told is old` : untold ? `${name}: nothing told yet` : name}
            {...((stale || untold) && { className: styles["old"] })}
          >
            {name}
            {stale ? <span className="visually-hidden"> (not heard)</span> : null}
          </Tag>
        </Link>
      ))}
      <More of={places.slice(shown.length).map(({ name }) => name)} />
    </span>
  );
}

/** The recent shape of a service's CPU. Drawn by itself, so that a new point does not draw its row. */
export function CpuShape({ name, width, height }: { name: string; width?: number; height?: number }) {
  const values = useRecentCpu(name);
  return (
    <Sparkline values={values} {...(width !== undefined && { width })} {...(height !== undefined && { height })} />
  );
}

/** How many more there are, with their names where the pointer rests. */
function More({ of, className }: { of: readonly (string | number)[]; className?: string | undefined }) {
  return of.length === 0 ? null : (
    <Tag title={of.join(", ")} className={className}>
      +{of.length}
    </Tag>
  );
}

/**
 * Declared ports, then those that were only found, in one line: `most` of them, or one less and how many more there are. In a
 * table that is narrow, the first one alone.
 */
export function Ports({ status, host, most }: { status: ServiceStatus; host: string | undefined; most: number }) {
  const ports = portsOf(status);
  const shown = ports.length > most ? ports.slice(0, most - 1) : ports;
  const beyond = (count: number) => ports.slice(count).map(({ port }) => port);
  return (
    <span className={styles["ports"]}>
      {shown.map((port, place) => (
        <span key={port.port} className={place > 0 ? styles["roomy"] : undefined}>
          <PortTag status={port} host={host === undefined || host === "" ? location.hostname : host} />
        </span>
      ))}
      <More of={beyond(shown.length)} className={styles["roomy"]} />
      <More of={beyond(1)} className={styles["tight"]} />
    </span>
  );
}

/** Declared ports as they are, and detected ones that nobody declared. Of a service that does not run nobody looks at them. */
export function portsOf(status: ServiceStatus): ShownPort[] {
  const known = new Set([...status.ports, ...status.port_status.map(({ port }) => port)]);
  const told = new Set(status.port_status.map(({ port }) => port));
  const untold = status.ports
    .filter((port) => !told.has(port))
    .map((port) => ({ port, in_use: false, accessible: false, pid: null, command: null, own: false, untold: true }));
  const found = status.detected_ports
    .filter((port) => !known.has(port))
    .map((port) => ({ port, in_use: true, accessible: true, pid: null, command: null, own: true }));
  return [...status.port_status, ...untold, ...found];
}
