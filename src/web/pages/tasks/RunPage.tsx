// One run of a task: what became of it, what it printed so far, and the way to do it again.
import { Link, useLocation, useParams } from "wouter";
import type { TaskRunDetail } from "../../../contract/task.ts";
import { paths } from "../../paths.ts";
import { Page } from "../../shell/Page.tsx";
import { Button, ButtonLink } from "../../ui/Button.tsx";
import { Loading } from "../../ui/Empty.tsx";
import { FollowedText } from "../../ui/FollowedText.tsx";
import { formatExact, formatShortClock, NONE, plural } from "../../ui/format.ts";
import { Fact, Facts, Panel, Section } from "../../ui/Panel.tsx";
import { Tag } from "../../ui/Tag.tsx";
import { isOpen } from "./run-look.ts";
import { RunMark, RunTook } from "./RunMark.tsx";
import { NoTask } from "./TaskPage.tsx";
import styles from "./Tasks.module.css";
import { useTaskActs } from "./use-task-acts.ts";
import { useTaskRun } from "./use-tasks.ts";

export function RunPage() {
  const { name = "", id = "" } = useParams();
  const task = decodeURIComponent(name);
  const run = useTaskRun(task, decodeURIComponent(id));
  if (run.data !== undefined) return <Known key={run.data.id} run={run.data} />;
  return (
    <Page title={`A run of ${task}`}>
      {run.isPending ? <Loading lines={5} label="Loading the run" /> : <NoTask error={run.error} />}
    </Page>
  );
}

function Known({ run }: { run: TaskRunDetail }) {
  const { task, outcome, due_at: due, reason, action, service_name: service } = run;
  return (
    <Page
      title={`${task}, ${formatShortClock(Date.parse(due), Date.now())}`}
      sub={<>{action === "command" ? "a command" : `${action} ${service ?? ""}`}</>}
    >
      <div className={styles["top"]}>
        <div className={styles["state"]} role="status">
          <RunMark outcome={outcome} />
          <span className={styles["reason"]}>{reason}</span>
        </div>
        <div className={styles["buttons"]}>
          <Acts run={run} />
        </div>
      </div>
      <div className={styles["grid"]}>
        <div className={styles["main"]}>
          <Output run={run} />
        </div>
        <aside className={styles["side"]} aria-label="Facts">
          <RunFacts run={run} />
        </aside>
      </div>
    </Page>
  );
}

function Acts({ run }: { run: TaskRunDetail }) {
  const acts = useTaskActs();
  const [, navigate] = useLocation();
  const again = async (): Promise<void> => {
    const id = await acts.run(run.task, run.server_id);
    if (id !== undefined) navigate(paths.taskRun(run.task, id));
  };
  const ill = run.outcome === "failed" || run.outcome === "skipped" || run.outcome === "unknown";
  return (
    <>
      <Button look="primary" blocked={acts.blockedToRun(run)} onClick={() => void again()}>
        {ill ? "Retry now" : "Run again"}
      </Button>
      <ButtonLink to={paths.task(run.task)}>The task</ButtonLink>
    </>
  );
}

function RunFacts({ run }: { run: TaskRunDetail }) {
  const { task, due_at, started_at, ended_at, attempt, exit_code, signal, trigger, by, server, missed } = run;
  const time = (at: string | null): string => (at === null ? NONE : formatExact(Date.parse(at)));
  const triggers = {
    schedule: "it was due",
    catch_up: by === null ? "it had been missed" : `it had been missed, and ${by} asked for it`,
    manual: `asked for by ${by ?? "somebody"}`,
  };
  return (
    <Section title="The run">
      <Panel>
        <Facts>
          <Fact term="Task">
            <Link href={paths.task(task)} className={styles["link"]}>
              {task}
            </Link>
          </Fact>
          <Fact term="Server">
            <Link href={paths.server(server)}>
              <Tag>{server}</Tag>
            </Link>
          </Fact>
          <Fact term="Because">{triggers[trigger]}</Fact>
          <Fact term={trigger === "manual" ? "Asked for" : "Due"}>{time(due_at)}</Fact>
          {missed > 1 ? <Fact term="Stands for">{missed} times that were missed, the last of them</Fact> : null}
          <Fact term="Began">{time(started_at)}</Fact>
          <Fact term="Ended">{time(ended_at)}</Fact>
          <Fact term="Took" mono>
            <RunTook run={run} />
          </Fact>
          <Fact term="Attempt" mono>
            {attempt === 0 ? NONE : attempt}
          </Fact>
          <Fact term="Exit code" mono>
            {exit_code ?? signal ?? NONE}
          </Fact>
        </Facts>
      </Panel>
    </Section>
  );
}

function Output({ run }: { run: TaskRunDetail }) {
  const { output, output_dropped: dropped, action } = run;
  if (action !== "command") {
    return (
      <Section title="Output">
        <p className={styles["faint"]}>
          What the service prints is on{" "}
          <Link href={paths.service(run.service_name ?? "", "output")} className={styles["link"]}>
            its page
          </Link>
          .
        </p>
      </Section>
    );
  }
  return (
    <Section title="Output" note={isOpen(run) ? "live" : undefined}>
      {dropped > 0 ? (
        <p className={styles["dropped"]}>{plural(dropped, "character")} before this are not kept</p>
      ) : null}
      {output === "" ? (
        <p className={styles["faint"]}>{isOpen(run) ? "It has printed nothing yet." : "It printed nothing."}</p>
      ) : (
        <FollowedText label="What it printed" text={output} className={styles["output"]} />
      )}
    </Section>
  );
}
