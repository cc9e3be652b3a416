// Scheduled tasks in the palette: their pages, and "run" with the name of one.
import { Command } from "cmdk";
import { useTasks } from "../pages/tasks/use-tasks.ts";
import { useTaskActs } from "../pages/tasks/use-task-acts.ts";
import { paths } from "../paths.ts";
import styles from "./Palette.module.css";

const MOST_RESULTS = 40;

/** `words` of what was typed, in lower case. Before anything is typed there is nothing to show. */
export function Tasks({
  words,
  go,
  onClose,
}: {
  words: readonly string[];
  go: (to: string) => void;
  onClose: () => void;
}) {
  const tasks = useTasks().data ?? [];
  const acts = useTaskActs();
  if (words.length === 0) return null;
  const fits = (text: string): boolean => words.every((word) => text.toLowerCase().includes(word));
  const found = tasks.filter(({ name, description }) => fits(`task ${name} ${description}`)).slice(0, MOST_RESULTS);
  const verb = words.some((word) => word.length > 1 && "run".startsWith(word));
  const runnable = verb
    ? tasks.filter((task) => acts.blockedToRun(task) === null && fits(`run ${task.name} now`)).slice(0, MOST_RESULTS)
    : [];
  return (
    <Command.Group heading={found.length + runnable.length === 0 ? undefined : "Tasks"} className={styles["group"]}>
      {runnable.map(({ name }) => (
        <Command.Item
          key={`run ${name}`}
          value={`run task ${name}`}
          className={styles["item"]}
          onSelect={() => {
            onClose();
            void acts.run(name);
          }}
        >
          Run {name} now
        </Command.Item>
      ))}
      {found.map(({ name, description }) => (
        <Command.Item
          key={name}
          value={`task ${name}`}
          className={styles["item"]}
          onSelect={() => go(paths.task(name))}
        >
          <span className={styles["name"]}>{name}</span>
          <span className={styles["more"]}>{description}</span>
        </Command.Item>
      ))}
    </Command.Group>
  );
}
