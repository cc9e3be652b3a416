// What the machines think of the definitions that a plan adds or changes: told with the plan, and no reason not to do it.
import type { Clock } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import type { ServiceSpec } from "../../contract/service.ts";
import type { ApplyResult, PlanStep } from "../../contract/transfer.ts";
import type { ServiceEdits } from "../services/service-edits.ts";

/** So many definitions are asked about at a time: a machine looks at ports and files for each. */
const AT_ONCE = 5;
/** Milliseconds after which no more are asked about; whoever applies a file waits for this. */
const PATIENCE = 3 * SECOND;

/** Of what a file is about to make so, or has made so. */
export async function planWarnings(
  specs: readonly ServiceSpec[],
  steps: readonly PlanStep[],
  { edits, clock }: { edits: Pick<ServiceEdits, "warnings">; clock: Clock },
): Promise<ApplyResult["warnings"]> {
  const touched = new Set(steps.flatMap(({ service, change }) => (change === "same" ? [] : [service])));
  const open = specs.filter(({ name }) => touched.has(name));
  const warnings: ApplyResult["warnings"] = [];
  const until = clock.monotonic() + PATIENCE;
  while (open.length > 0 && clock.monotonic() < until) {
    const some = open.splice(0, AT_ONCE);
    const answers = await Promise.all(some.map(async (spec) => await edits.warnings(spec, specs)));
    for (const [place, messages] of answers.entries()) {
      const service = some[place]?.name ?? "";
      warnings.push(...messages.map((message) => ({ service, message })));
    }
  }
  const message = "no machine was asked about this one: there are too many for that";
  return [...warnings, ...open.map(({ name }) => ({ service: name, message }))];
}
