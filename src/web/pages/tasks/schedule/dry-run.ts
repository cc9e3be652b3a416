// What saving would change, in words: how many runs more or fewer there are in the next seven days, and on how many servers. Pure.
import { plural } from "../../../ui/format.ts";

/** Times that a task is due in the next seven days on each of its servers. */
export interface Week {
  enabled: boolean;
  runs: number;
  servers: number;
}

/** `before`: of the task as it is saved; null for a new one. `moved`: its times are others than before. */
export function dryRunWords(after: Week, before: Week | null, moved: boolean): string {
  const total = totalOf(after);
  const was = before === null ? 0 : totalOf(before);
  if (!after.enabled) {
    return was === 0
      ? "It is off: it runs only when somebody asks."
      : `Takes away ${plural(was, "run")} in the next 7 days: it is off, and runs only when somebody asks.`;
  }
  if (after.servers === 0) return "No server has it now: it runs nowhere.";
  if (total === 0 && was === 0) return "It is not due in the next 7 days.";
  if (before !== null && total === was) {
    const same = `${plural(total, "run")} in the next 7 days${where(after)}`;
    return moved ? `As many runs as before, at other times: ${same}.` : `Changes no run: ${same}, as before.`;
  }
  const more = total > was;
  const change = `${more ? "Adds" : "Takes away"} ${plural(Math.abs(total - was), "run")} in the next 7 days`;
  if (was === 0) return `${change}${where(after)}.`;
  return `${change}: ${total === 0 ? "none" : total.toLocaleString("en")}${total === 0 ? "" : where(after)}, ${was.toLocaleString("en")} before.`;
}

function where({ servers, runs }: Week): string {
  return servers === 1 ? " on 1 server" : ` on ${servers} servers, ${runs.toLocaleString("en")} on each`;
}

function totalOf({ enabled, runs, servers }: Week): number {
  return enabled ? runs * servers : 0;
}
