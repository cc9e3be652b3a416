// One service: its state and why, what can be done, and five views of it.
import { Tabs } from "@base-ui/react/tabs";
import { lazy, Suspense, type ReactNode } from "react";
import { useLocation, useParams, useSearch } from "wouter";
import type { ServiceStatus } from "../../../contract/status.ts";
import { useLoaded, useServers, useService } from "../../api/hooks.ts";
import { paths, SERVICE_TABS, type ServiceTab } from "../../paths.ts";
import { Page } from "../../shell/Page.tsx";
import { ButtonLink } from "../../ui/Button.tsx";
import { Empty, Loading } from "../../ui/Empty.tsx";
import { ErrorBoundary } from "../../ui/ErrorBoundary.tsx";
import { Tag } from "../../ui/Tag.tsx";
import { Where } from "../overview/parts.tsx";
import { Instances } from "./Instances.tsx";
import { ServiceActions } from "./ServiceActions.tsx";
import styles from "./ServicePage.module.css";
import { StateLine } from "./StateLine.tsx";
import { Summary } from "./Summary.tsx";

const OutputTab = lazy(async () => ({ default: (await import("./output/OutputView.tsx")).OutputView }));
const ProcessesTab = lazy(async () => ({ default: (await import("./Processes.tsx")).Processes }));
const DefinitionTab = lazy(async () => ({ default: (await import("./definition/Definition.tsx")).Definition }));
const HistoryTab = lazy(async () => ({ default: (await import("./History.tsx")).History }));

const LABELS: Record<ServiceTab, string> = {
  summary: "Summary",
  output: "Output",
  processes: "Processes",
  definition: "Definition",
  history: "History",
};

export function ServicePage() {
  const { name: raw = "" } = useParams();
  const name = decodeURIComponent(raw);
  const status = useService(name);
  const loaded = useLoaded();
  if (status === undefined) {
    return (
      <Page title={name}>{loaded ? <Unknown name={name} /> : <Loading lines={5} label={`Loading ${name}`} />}</Page>
    );
  }
  return <Known key={name} status={status} />;
}

function Known({ status }: { status: ServiceStatus }) {
  const { name } = status;
  const tab = useTab();
  const fleet = (useServers()?.length ?? 1) > 1;
  const search = new URLSearchParams(useSearch());
  const line = {
    at: search.get("at"),
    instance: { index: Number(search.get("instance") ?? 0) || 0, server: search.get("server") },
  };
  const [, navigate] = useLocation();
  return (
    <Page
      title={name}
      sub={
        <span className={styles["sub"]}>
          {status.description === null ? null : <span>{status.description}</span>}
          <Tag>{status.kind}</Tag>
          {fleet ? <Where status={status} most={4} /> : null}
          {Object.entries(status.labels).map(([key, value]) => (
            <Tag key={key}>
              {key}:{value}
            </Tag>
          ))}
        </span>
      }
    >
      <div className={styles["top"]}>
        <StateLine status={status} />
        <ServiceActions status={status} />
      </div>
      {status.instances.length > 1 ? <Instances status={status} /> : null}
      <Tabs.Root
        value={tab}
        onValueChange={(next: ServiceTab) => navigate(paths.service(name, next), { replace: true })}
      >
        <Tabs.List className={styles["tabs"]} aria-label="Views of the service" activateOnFocus>
          {SERVICE_TABS.map((value) => (
            <Tabs.Tab key={value} value={value} className={styles["tab"]}>
              {LABELS[value]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {SERVICE_TABS.map((value) => (
          <Tabs.Panel key={value} value={value} className={styles["panel"]}>
            <ErrorBoundary part={LABELS[value]}>
              <Suspense fallback={<Loading lines={4} />}>{bodyOf(value, status, line)}</Suspense>
            </ErrorBoundary>
          </Tabs.Panel>
        ))}
      </Tabs.Root>
    </Page>
  );
}

/** `line` is the one of the output that the address names. */
function bodyOf(
  tab: ServiceTab,
  status: ServiceStatus,
  line: { at: string | null; instance: { index: number; server: string | null } },
): ReactNode {
  switch (tab) {
    case "output":
      return <OutputTab status={status} {...line} />;
    case "processes":
      return <ProcessesTab status={status} />;
    case "definition":
      return <DefinitionTab status={status} />;
    case "history":
      return <HistoryTab status={status} />;
    case "summary":
    default:
      return <Summary status={status} />;
  }
}

function useTab(): ServiceTab {
  const wanted = new URLSearchParams(useSearch()).get("tab");
  return SERVICE_TABS.find((tab) => tab === wanted) ?? "summary";
}

function Unknown({ name }: { name: string }) {
  return (
    <Empty
      title={`There is no service called ${name}`}
      buttons={
        <ButtonLink look="primary" to={paths.overview()}>
          To the overview
        </ButtonLink>
      }
    >
      <p>It may have been deleted or renamed.</p>
    </Empty>
  );
}
