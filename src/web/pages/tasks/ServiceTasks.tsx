// The tasks of one service, on its page: what is done to it by itself, and when next.
import { Link } from "wouter";
import { useBlocked } from "../../api/hooks.ts";
import { paths } from "../../paths.ts";
import { ButtonLink } from "../../ui/Button.tsx";
import { Panel, Section } from "../../ui/Panel.tsx";
import { NextRun } from "./NextRun.tsx";
import { actionWords } from "./run-look.ts";
import styles from "./Tasks.module.css";
import { useTasks } from "./use-tasks.ts";

export function ServiceTasks({ service }: { service: string }) {
  const tasks = useTasks().data?.filter(({ service_name }) => service_name === service) ?? [];
  const mayAdd = useBlocked("operate") === null;
  return (
    <Section
      title="Tasks"
      {...(mayAdd && {
        tools: (
          <ButtonLink size="s" look="plain" to={paths.addTask(service)}>
            Add
          </ButtonLink>
        ),
      })}
    >
      <Panel>
        {tasks.length === 0 ? <p className={styles["faint"]}>Nothing is done to it at set times.</p> : null}
        <ul className={styles["brief"]}>
          {tasks.map((task) => (
            <li key={task.name}>
              <span className={styles["what"]}>
                <Link href={paths.task(task.name)} className={styles["name"]}>
                  {task.name}
                </Link>
                <span className={styles["faint"]}>
                  {task.action === "command" ? "a command" : actionWords({ ...task, service_name: null })},{" "}
                  {task.description}
                </span>
              </span>
              <NextRun task={task} />
            </li>
          ))}
        </ul>
      </Panel>
    </Section>
  );
}
