// A service at a glance: what it needs, where it listens, how it did, what it said last.
import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import type { ServiceStatus } from "../../../contract/status.ts";
import { call } from "../../api/client.ts";
import { useSettings } from "../../api/hooks.ts";
import { paths } from "../../paths.ts";
import { ButtonLink } from "../../ui/Button.tsx";
import { DependencySection } from "../../dependencies/DependencySection.tsx";
import { Loading } from "../../ui/Empty.tsx";
import { sumOf } from "../../api/live-store.ts";
import { formatBytes, formatExact, NONE } from "../../ui/format.ts";
import { Fact, Facts, Panel, Section } from "../../ui/Panel.tsx";
import { Since } from "../../ui/Time.tsx";
import { ServiceTasks } from "../tasks/ServiceTasks.tsx";
import { ExitList } from "./ExitList.tsx";
import { PortList } from "./PortList.tsx";
import styles from "./Summary.module.css";

const Checks = lazy(async () => ({ default: (await import("./checks/Checks.tsx")).Checks }));
const Charts = lazy(async () => ({ default: (await import("./charts/Charts.tsx")).Charts }));
const OutputView = lazy(async () => ({ default: (await import("./output/OutputView.tsx")).OutputView }));

const EXITS_SHOWN = 3;

export function Summary({ status }: { status: ServiceStatus }) {
  return (
    <div className={styles["grid"]}>
      <div className={styles["main"]}>
        {status.instances.some(({ checks }) => checks.length > 0) ? (
          <Suspense fallback={<Loading lines={3} label="Loading checks" />}>
            <Checks status={status} />
          </Suspense>
        ) : null}
        <Suspense fallback={<Loading lines={4} label="Loading charts" />}>
          <Charts status={status} />
        </Suspense>
        <Section
          title="Output"
          tools={
            <ButtonLink size="s" look="plain" to={paths.service(status.name, "output")}>
              Open
            </ButtonLink>
          }
        >
          <Suspense fallback={<Loading lines={4} label="Loading output" />}>
            <OutputView status={status} compact />
          </Suspense>
        </Section>
      </div>
      <aside className={styles["side"]} aria-label="Facts">
        <Section title="Ports and addresses">
          <Panel>
            <PortList status={status} />
            <Addresses status={status} />
          </Panel>
        </Section>
        <Section title={status.instances.length > 1 ? "Processes, together" : "Process"}>
          <Panel>
            <ProcessFacts status={status} />
          </Panel>
        </Section>
        <DependencySection name={status.name} />
        <LastExits status={status} />
        <ServiceTasks service={status.name} />
      </aside>
    </div>
  );
}

function Addresses({ status }: { status: ServiceStatus }) {
  const settings = useSettings();
  const urls = [
    { label: "API", url: status.api_url },
    { label: "Tailnet", url: status.tailscale_url },
  ].filter((entry): entry is { label: string; url: string } => entry.url !== null);
  if (urls.length === 0 && status.ports.length + status.detected_ports.length > 0) return null;
  if (urls.length === 0) return <p className={styles["faint"]}>No port is declared, and none was found open.</p>;
  return (
    <ul className={styles["urls"]}>
      {urls.map(({ label, url }) => (
        <li key={label}>
          <span>{label}</span>
          <a
            href={url}
            target="_blank"
            rel="noopener noreferrer"
            title={settings === null ? undefined : `Opens ${url}`}
          >
            {url}
          </a>
        </li>
      ))}
    </ul>
  );
}

function ProcessFacts({ status }: { status: ServiceStatus }) {
  const [one] = status.instances;
  if (one === undefined) return <p className={styles["faint"]}>Nothing is known yet.</p>;
  const total = (key: "memory" | "threads" | "open_files" | "read_bytes" | "write_bytes"): number | null =>
    sumOf(status, key);
  const kinds = { cgroup: "its cgroup", pss: "proportional (PSS)", rss: "resident (RSS)" };
  return (
    <Facts>
      <Fact term="pid" mono>
        {status.instances.flatMap(({ pid }) => pid ?? []).join(", ") || NONE}
      </Fact>
      <Fact term="Started">
        {one.started_at === null || one.pid === null ? (
          NONE
        ) : (
          <>
            <Since at={one.started_at} /> ago, {formatExact(Date.parse(one.started_at))}
          </>
        )}
      </Fact>
      <Fact term="Restarts" mono>
        {status.runtime.restart_count}
      </Fact>
      <Fact term="Definition" mono>
        {one.revision === null ? `r${status.revision} saved` : `runs r${one.revision}, saved r${status.revision}`}
      </Fact>
      <Fact term="Memory">
        {one.memory_kind === null ? NONE : `${formatBytes(total("memory"))}, ${kinds[one.memory_kind]}`}
      </Fact>
      <Fact term="Threads" mono>
        {total("threads") ?? NONE}
      </Fact>
      <Fact term="Open files" mono>
        {total("open_files") ?? NONE}
      </Fact>
      <Fact term="Storage" mono>
        {total("read_bytes") === null
          ? NONE
          : `${formatBytes(total("read_bytes"))} read, ${formatBytes(total("write_bytes"))} written`}
      </Fact>
      <Fact term="Owner">{status.owner === null ? "made by hand" : status.owner}</Fact>
    </Facts>
  );
}

function LastExits({ status }: { status: ServiceStatus }) {
  const exits = useExits(status);
  const shown = exits.data?.slice(0, EXITS_SHOWN) ?? [];
  return (
    <Section
      title="Why it ended"
      tools={
        <ButtonLink size="s" look="plain" to={paths.service(status.name, "history")}>
          History
        </ButtonLink>
      }
    >
      <Panel>
        {shown.length === 0 ? (
          <p className={styles["faint"]}>It has not ended since tailherd knows it.</p>
        ) : (
          <ExitList exits={shown} />
        )}
      </Panel>
    </Section>
  );
}

/** Ends of its processes, newest first; asked anew when one more has ended. */
export function useExits(status: ServiceStatus, limit = 50) {
  const latest = status.instances.map((instance) => instance.last_exit?.ended_at ?? "").join();
  return useQuery({
    queryKey: ["exits", status.name, limit, latest],
    queryFn: ({ signal }) =>
      call("GET /api/services/{name}/exits", { params: { name: status.name }, query: { limit }, signal }),
    placeholderData: (before) => before,
  });
}
