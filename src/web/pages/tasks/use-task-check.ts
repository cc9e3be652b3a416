// Asks the hub, while somebody types, what is wrong with a task so far, where it would run and how often.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { TaskCheck } from "../../../contract/task.ts";
import { call } from "../../api/client.ts";
import { explain } from "../../api/problems.ts";
import { useDebounced } from "../../ui/use-debounced.ts";
import type { TaskInput } from "./task-draft.ts";

type Problem = TaskCheck["problems"][number];

/** What the form is told of its draft. */
export interface DraftCheck {
  /** The first problem of this severity at a path or below it. */
  at: (path: string, severity: Problem["severity"]) => string | undefined;
  /** What is not about one field. */
  general: string[];
  errors: number;
  /** Undefined until the first answer. */
  answer: TaskCheck | undefined;
  /** Why there is none, in words, where it is not the task that is wrong. */
  failure: string | undefined;
  /** The answer is about an earlier text. */
  pending: boolean;
}

/** `own` is what the form itself knows to be wrong. */
export function useTaskCheck(task: TaskInput, own: readonly Problem[]): DraftCheck {
  // As text: the same task made anew is not another one.
  const text = JSON.stringify(task);
  const settled = useDebounced(text);
  const asked = useQuery({
    queryKey: ["check-task", settled],
    queryFn: ({ signal }) =>
      call("POST /api/tasks/check", { body: JSON.parse(settled) as Record<string, unknown>, signal }),
    placeholderData: keepPreviousData,
    retry: false,
  });
  const problems = useMemo(() => {
    const refused: Problem[] = asked.isError
      ? explain(asked.error).issues.map((issue) => ({ ...issue, severity: "error" }))
      : [];
    return [...own, ...(asked.data?.problems ?? []), ...refused];
  }, [own, asked.data, asked.isError, asked.error]);
  return {
    at: (path, severity) =>
      problems.find((each) => each.severity === severity && (each.path === path || each.path.startsWith(`${path}.`)))
        ?.message,
    general: problems.filter(({ path }) => path === "").map(({ message }) => message),
    errors: problems.filter(({ severity }) => severity === "error").length,
    answer: asked.data,
    failure: asked.isError && explain(asked.error).issues.length === 0 ? explain(asked.error).detail : undefined,
    pending: settled !== text || asked.isFetching,
  };
}
