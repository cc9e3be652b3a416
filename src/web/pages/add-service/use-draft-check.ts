// What is wrong with a draft so far: what cannot be read in it, a name that is taken, and what the hub finds.
import { useMemo } from "react";
import type { SpecProblem } from "../../../contract/agent.ts";
import { useServices } from "../../api/hooks.ts";
import { useSpecCheck, type SpecCheck } from "../../api/use-spec-check.ts";
import { toDefinition, type Draft } from "./draft.ts";

/** Problems by path, what stands in the way of saving, and the definition as it would be sent. */
export interface DraftCheck extends SpecCheck {
  definition: Record<string, unknown>;
}

export function useDraftCheck(draft: Draft, enabled: boolean): DraftCheck {
  const services = useServices();
  const { definition, issues } = useMemo(() => toDefinition(draft), [draft]);
  const own = useMemo(() => {
    const found: SpecProblem[] = issues.map((issue) => ({ ...issue, severity: "error" }));
    if (services.some((service) => service.name === definition["name"]))
      found.push({ path: "name", message: "is taken by another service", severity: "error" });
    return found;
  }, [issues, services, definition]);
  return { definition, ...useSpecCheck(definition, own, enabled) };
}
