// What of a definition everybody who may read it sees: all but the values of its environment and of the headers that its checks
// send, which are where secrets stand.
import { roleAllows } from "../../contract/roles.ts";
import type { Check } from "../../contract/checks.ts";
import type { ServiceRecord } from "../../contract/service.ts";
import type { Difference } from "../transfer/differences.ts";
import type { Identity } from "./identity.ts";

/** Stands where a value is that the reader may not see; its name is shown. */
export const HIDDEN = "•••";

/** May the caller see the values? */
export function seesEnvironment({ principal }: Identity): boolean {
  return roleAllows(principal.role, "environment.read");
}

/** The definition with every value of its environment, and of its checks' headers, hidden. */
export function hideEnvironment<T extends Pick<ServiceRecord, "env" | "checks">>(definition: T): T {
  return { ...definition, env: hideValues(definition.env), checks: definition.checks.map(hideHeaders) };
}

function hideHeaders(check: Check): Check {
  return check.kind === "http" ? { ...check, headers: hideValues(check.headers) } : check;
}

function hideValues(map: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.keys(map).map((name) => [name, HIDDEN]));
}

/** The differences with the environment's values hidden; that one was added, taken away or changed still shows. */
export function hideInDifferences(differences: readonly Difference[]): Difference[] {
  const hide = (value: unknown): unknown => (value === null ? null : HIDDEN);
  return differences.map((each) =>
    each.path.startsWith("env.") || each.path.startsWith("checks")
      ? { path: each.path, from: hide(each.from), to: hide(each.to) }
      : each,
  );
}
