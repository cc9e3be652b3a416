// Asks the hub, while somebody types, what is wrong with a definition so far.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { SpecProblem } from "../../contract/agent.ts";
import { useDebounced } from "../ui/use-debounced.ts";
import { call } from "./client.ts";
import { explain } from "./problems.ts";

/** What is wrong with a definition, by path. */
export interface SpecCheck {
  problems: SpecProblem[];
  /** The first problem of this severity at a path or below it. */
  at: (path: string, severity: SpecProblem["severity"]) => string | undefined;
  errors: number;
  /** The answer is about an earlier text. */
  pending: boolean;
}

/** `own` is what the form itself knows to be wrong. Asks nothing while there is no definition, or while not enabled. */
export function useSpecCheck(
  definition: Record<string, unknown> | null,
  own: readonly SpecProblem[],
  enabled: boolean,
): SpecCheck {
  const settled = useDebounced(definition);
  const answer = useQuery({
    queryKey: ["check", settled],
    queryFn: ({ signal }) => call("POST /api/services/check", { body: settled ?? {}, signal }),
    enabled: enabled && settled !== null,
    placeholderData: keepPreviousData,
    retry: false,
  });
  const problems = useMemo(() => {
    const refused: SpecProblem[] = answer.isError
      ? explain(answer.error).issues.map((issue) => ({ ...issue, severity: "error" }))
      : [];
    return [...own, ...(answer.data?.problems ?? []), ...refused];
  }, [own, answer.data, answer.isError, answer.error]);

  return {
    problems,
    at: (path, severity) =>
      problems.find(
        (problem) => problem.severity === severity && (problem.path === path || problem.path.startsWith(`${path}.`)),
      )?.message,
    errors: problems.filter((problem) => problem.severity === "error").length,
    pending: settled !== definition || answer.isFetching,
  };
}
