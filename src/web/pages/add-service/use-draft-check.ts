// Asks the hub, while somebody types, what is wrong with the definition so far and what its keywords match.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { SpecProblem } from "../../../contract/agent.ts";
import { call } from "../../api/client.ts";
import { useServices } from "../../api/hooks.ts";
import { explain } from "../../api/problems.ts";
import { useDebounced } from "../../ui/use-debounced.ts";
import { toDefinition, type Draft } from "./draft.ts";

/** Problems by path, what stands in the way of saving, and the definition as it would be sent. */
export interface DraftCheck {
  definition: Record<string, unknown>;
  problems: SpecProblem[];
  /** The first problem of this severity at a path or below it. */
  at: (path: string, severity: SpecProblem["severity"]) => string | undefined;
  errors: number;
  pending: boolean;
}

export function useDraftCheck(draft: Draft, enabled: boolean): DraftCheck {
  const services = useServices();
  const { definition, issues } = useMemo(() => toDefinition(draft), [draft]);
  const settled = useDebounced(definition);
  const answer = useQuery({
    queryKey: ["check", settled],
    queryFn: ({ signal }) => call("POST /api/services/check", { body: settled, signal }),
    enabled,
    placeholderData: keepPreviousData,
    retry: false,
  });
  const problems = useMemo(() => {
    const own: SpecProblem[] = issues.map((issue) => ({ ...issue, severity: "error" }));
    const taken = services.some((service) => service.name === definition["name"]);
    if (taken) own.push({ path: "name", message: "is taken by another service", severity: "error" });
    const refused: SpecProblem[] = answer.isError
      ? explain(answer.error).issues.map((issue) => ({ ...issue, severity: "error" }))
      : [];
    return [...own, ...(answer.data?.problems ?? []), ...refused];
  }, [issues, services, definition, answer.data, answer.isError, answer.error]);

  return {
    definition,
    problems,
    at: (path, severity) =>
      problems.find(
        (problem) => problem.severity === severity && (problem.path === path || problem.path.startsWith(`${path}.`)),
      )?.message,
    errors: problems.filter((problem) => problem.severity === "error").length,
    pending: settled !== definition || answer.isFetching,
  };
}
