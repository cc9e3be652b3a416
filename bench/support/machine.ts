// The machine that the numbers come from, without what would tell whose it is.
import { cpus, release, totalmem, version } from "node:os";

/** Facts in the order in which they are printed. */
export function describeMachine(): [what: string, value: string][] {
  const processors = cpus();
  return [
    ["Processor", `${processors[0]?.model.trim() ?? "unknown"}, ${processors.length} cores`],
    ["Memory", `${(totalmem() / 1e9).toFixed(1)} GB`],
    ["Kernel", `Linux ${release().split("-")[0]} (${/PREEMPT\w*/.exec(version())?.[0] ?? "no preemption named"})`],
    ["Node", process.version],
  ];
}
