// The first minutes: this machine is here already, and there are three ways to the first service.
import { useQuery } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { call } from "../../api/client.ts";
import { useBlocked, useServices, useStats } from "../../api/hooks.ts";
import { useApp } from "../../app-context.ts";
import { paths } from "../../paths.ts";
import { Page } from "../../shell/Page.tsx";
import { ButtonLink } from "../../ui/Button.tsx";
import { Loading } from "../../ui/Empty.tsx";
import { formatPercent, plural } from "../../ui/format.ts";
import { ErrorNotice } from "../../ui/Notice.tsx";
import { Panel, Section } from "../../ui/Panel.tsx";
import { likelyFirst } from "../adopt/likely-first.ts";
import { ProcessTable } from "../adopt/ProcessTable.tsx";
import { rememberAdoption } from "../add-service/adoption.ts";
import styles from "./FirstRun.module.css";

const SHOWN = 8;

export function FirstRunPage() {
  const services = useServices();
  const stats = useStats();
  return (
    <Page title="Welcome" sub="tailherd runs on this machine; nothing of it leaves it">
      <ol className={styles["steps"]}>
        <Step number="1" title="This machine is here" done>
          {stats === null
            ? "Its first values are on their way."
            : `${plural(stats.cores, "core")}, ${stats.memory_total_gb.toFixed(1)} GB of memory, ${plural(stats.processes, "process", "processes")}; CPU at ${formatPercent(stats.cpu_percent)}.`}
        </Step>
        <Step number="2" title="Put the first service under care" done={services.length > 0}>
          <span>
            {services.length > 0
              ? `Done: ${plural(services.length, "service")}.`
              : "Write its command, take over a process that runs already, or bring your files along."}
          </span>
          <span className={styles["buttons"]}>
            <ButtonLink look={services.length > 0 ? "quiet" : "primary"} to={paths.addService()}>
              Add a service
            </ButtonLink>
            <ButtonLink to={paths.adopt()}>Adopt a process</ButtonLink>
            <ButtonLink to={paths.import()}>Import files</ButtonLink>
          </span>
        </Step>
        <Step number="3" title="Use it from the terminal" done={false}>
          <span>
            <code>tailherd ps</code> shows the same, <code>tailherd --help</code> the rest.
          </span>
        </Step>
      </ol>
      <Adoptable />
      {services.length > 0 ? (
        <p className={styles["onward"]}>
          <ButtonLink look="primary" to={paths.overview()}>
            To the overview
          </ButtonLink>
        </p>
      ) : null}
    </Page>
  );
}

function Step({
  number,
  title,
  done,
  children,
}: {
  number: string;
  title: string;
  done: boolean;
  children: React.ReactNode;
}) {
  return (
    <li>
      <Panel className={styles["step"]}>
        <span className={styles["number"]} data-done={done} aria-hidden="true">
          {done ? "✓" : number}
        </span>
        <div>
          <h2>{title}</h2>
          <div className={styles["words"]}>{children}</div>
        </div>
      </Panel>
    </li>
  );
}

/** Processes that look like services: those that listen on ports first, then the oldest. */
function Adoptable() {
  const { queries } = useApp();
  const [, navigate] = useLocation();
  const blocked = useBlocked("inspect");
  const processes = useQuery({
    queryKey: ["processes"],
    queryFn: ({ signal }) => call("GET /api/processes", { signal }),
    enabled: blocked === null,
  });
  if (blocked !== null) return null;
  if (processes.isError) return <ErrorNotice error={processes.error} />;
  if (processes.data === undefined) return <Loading lines={4} />;
  const likely = likelyFirst(processes.data.processes)
    .filter((process) => process.refused === null && process.service === null)
    .slice(0, SHOWN);
  if (likely.length === 0) return null;
  return (
    <Section title="Running here already" note={`${likely.length} of ${processes.data.total}`}>
      <ProcessTable
        processes={likely}
        blocked={null}
        onAdopt={(process) => {
          const key = { params: { pid: process.pid }, query: { create_time: process.create_time } };
          call("GET /api/processes/{pid}/definition", key).then(
            (adoption) => {
              rememberAdoption(queries, adoption);
              navigate(paths.addService());
            },
            () => navigate(paths.adopt()),
          );
        }}
      />
    </Section>
  );
}
