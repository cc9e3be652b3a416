// One server: is it heard, what can be done, and five views of it.
import { Tabs } from "@base-ui/react/tabs";
import { lazy, Suspense, type ReactNode } from "react";
import { useLocation, useParams, useSearch } from "wouter";
import type { ServerNode } from "../../../contract/server.ts";
import { useServer, useServers } from "../../api/hooks.ts";
import { paths, SERVER_TABS, type ServerTab } from "../../paths.ts";
import { Page } from "../../shell/Page.tsx";
import { ButtonLink } from "../../ui/Button.tsx";
import { Empty, Loading } from "../../ui/Empty.tsx";
import { ErrorBoundary } from "../../ui/ErrorBoundary.tsx";
import { ServerMark } from "../../ui/ServerMark.tsx";
import { Tag } from "../../ui/Tag.tsx";
import tabStyles from "../service/ServicePage.module.css";
import { HeartbeatAge, StaleWords } from "../servers/Heartbeat.tsx";
import { Tags, Version } from "../servers/ServerExtras.tsx";
import { ServerActions } from "./ServerActions.tsx";
import styles from "./Server.module.css";

const Charts = lazy(async () => ({ default: (await import("./ServerCharts.tsx")).ServerCharts }));
const Services = lazy(async () => ({ default: (await import("./ServerServices.tsx")).ServerServices }));
const Processes = lazy(async () => ({ default: (await import("./ServerProcesses.tsx")).ServerProcesses }));
const Ports = lazy(async () => ({ default: (await import("./ServerPorts.tsx")).ServerPorts }));
const Events = lazy(async () => ({ default: (await import("./ServerEvents.tsx")).ServerEvents }));

const LABELS: Record<ServerTab, string> = {
  charts: "Charts",
  services: "Services",
  processes: "Processes",
  ports: "Ports",
  events: "Events",
};
/** What only an agent can be asked. */
const NEEDS_AGENT: readonly ServerTab[] = ["processes", "ports"];

export function ServerPage() {
  const { id: raw = "" } = useParams();
  const named = decodeURIComponent(raw);
  const known = useServers() !== null;
  const server = useServer(named);
  if (server === undefined) {
    return (
      <Page title={named}>{known ? <Unknown named={named} /> : <Loading lines={5} label={`Loading ${named}`} />}</Page>
    );
  }
  return <Known key={server.id} server={server} />;
}

function Known({ server }: { server: ServerNode }) {
  const { name, kind } = server;
  const search = useSearch();
  const [, navigate] = useLocation();
  const tabs = SERVER_TABS.filter((tab) => kind !== "bare" || !NEEDS_AGENT.includes(tab));
  const wanted = new URLSearchParams(search).get("tab");
  const tab = tabs.find((each) => each === wanted) ?? "charts";
  return (
    <Page
      title={name}
      sub={
        <span className={tabStyles["sub"]}>
          <Tag>{kind === "hub" ? "the hub's own" : kind}</Tag>
          <span>{[server.host, server.ip].filter(Boolean).join(" · ")}</span>
          <Tags tags={server.tags} />
        </span>
      }
    >
      <div className={tabStyles["top"]}>
        <div className={styles["state"]}>
          <ServerMark server={server} />
          <span className={styles["fact"]}>
            heard <HeartbeatAge server={server} />
            {server.last_seen === null ? "" : " ago"}
          </span>
          <StaleWords server={server} className={styles["stale"]} />
          <span className={styles["fact"]}>
            version <Version server={server} />
          </span>
          {server.locked ? <Tag title="It runs only what its own file declares">locked</Tag> : null}
          {server.allow_run ? <Tag title="Admins may run any program there">allows run</Tag> : null}
        </div>
        <ServerActions server={server} />
      </div>
      <Tabs.Root value={tab} onValueChange={(next: ServerTab) => navigate(paths.server(name, next), { replace: true })}>
        <Tabs.List className={tabStyles["tabs"]} aria-label="Views of the server" activateOnFocus>
          {tabs.map((value) => (
            <Tabs.Tab key={value} value={value} className={tabStyles["tab"]}>
              {LABELS[value]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {tabs.map((value) => (
          <Tabs.Panel key={value} value={value} className={tabStyles["panel"]}>
            <ErrorBoundary part={LABELS[value]}>
              <Suspense fallback={<Loading lines={4} />}>{bodyOf(value, server)}</Suspense>
            </ErrorBoundary>
          </Tabs.Panel>
        ))}
      </Tabs.Root>
    </Page>
  );
}

function bodyOf(tab: ServerTab, server: ServerNode): ReactNode {
  switch (tab) {
    case "services":
      return <Services server={server} />;
    case "processes":
      return <Processes server={server} />;
    case "ports":
      return <Ports server={server} />;
    case "events":
      return <Events server={server} />;
    case "charts":
    default:
      return <Charts server={server} />;
  }
}

function Unknown({ named }: { named: string }) {
  return (
    <Empty
      title={`There is no server called ${named}`}
      buttons={
        <ButtonLink look="primary" to={paths.servers()}>
          To the servers
        </ButtonLink>
      }
    >
      <p>It may have been removed or renamed.</p>
    </Empty>
  );
}
