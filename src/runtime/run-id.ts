// The id of a task's run. Hub and agent make the same one, so that asking twice for the same due time is asking for the same run.
import { createHash } from "node:crypto";

/** From task, due time (Unix milliseconds) and server; and how often the server's clock was set back, since the same time is due again then. */
export function dueRunId(task: string, due: number, serverId: string, passes = 0): string {
  const again = passes === 0 ? [] : [String(passes)];
  const text = [task, String(due), serverId, ...again].join("\0");
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
