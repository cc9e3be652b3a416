// What a task does, where, and how it is cared for.
import { Link } from "wouter";
import type { TaskRecord } from "../../../contract/task.ts";
import { paths } from "../../paths.ts";
import { Fact, Facts, Panel, Section } from "../../ui/Panel.tsx";
import { Tag } from "../../ui/Tag.tsx";
import { CATCH_UPS, OVERLAPS, labelOf } from "./choices.ts";
import { actionWords, commandWords } from "./run-look.ts";
import { durationText, turnsWords } from "./task-draft.ts";
import styles from "./Tasks.module.css";

export function TaskFacts({ task }: { task: TaskRecord }) {
  const { action, service_name: service, command, cron_expression, zone, timezone, servers, placement, owner } = task;
  const { overlap, catch_up, timeout, jitter, retries, turns } = task;
  return (
    <Section title="The task">
      <Panel>
        <Facts>
          <Fact term="Does" mono={action === "command"}>
            {action === "command" ? commandWords(command) : actionWords({ action, service_name: null, command })}{" "}
            {service === null ? null : (
              <Link href={paths.service(service)} className={styles["link"]}>
                {action === "command" ? `where ${service} runs` : service}
              </Link>
            )}
          </Fact>
          <Fact term="Where">
            <span className={styles["servers"]}>
              {servers.length === 0 ? "nowhere now" : null}
              {servers.map((server) => (
                <Link key={server} href={paths.server(server)}>
                  <Tag>{server}</Tag>
                </Link>
              ))}
              {placement.tags.map((tag) => (
                <span key={tag} className={styles["faint"]}>
                  by tag {tag}
                </span>
              ))}
            </span>
          </Fact>
          <Fact term="Expression" mono>
            {cron_expression}
          </Fact>
          <Fact term="Zone">{timezone === null ? `${zone}, the hub's` : zone}</Fact>
          <Fact term="If it still runs">{labelOf(OVERLAPS, overlap)}</Fact>
          <Fact term="If missed">{labelOf(CATCH_UPS, catch_up)}</Fact>
          <Fact term="Time limit">{durationText(timeout)} an attempt</Fact>
          <Fact term="Retries">{retriesWords(retries)}</Fact>
          {jitter === 0 ? null : <Fact term="Spread">begins up to {durationText(jitter)} later</Fact>}
          {turns.length === 0 ? null : <Fact term="Begins">{turnsWords(turns)}</Fact>}
          <Fact term="Owner">{owner ?? "made by hand"}</Fact>
        </Facts>
      </Panel>
    </Section>
  );
}

function retriesWords({ count, delay, factor, max_delay: most, within }: TaskRecord["retries"]): string {
  if (count === 0) return "none";
  const grows = factor > 1 ? `, each time ${factor} times as long, ${durationText(most)} at most` : "";
  const all = within === null ? "" : `; all within ${durationText(within)}`;
  return `${count}, after ${durationText(delay)}${grows}${all}`;
}
