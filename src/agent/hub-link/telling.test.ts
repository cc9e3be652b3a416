import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { systemClock } from "../../base/clock.ts";
import type { HubParams, JournalEntry } from "../../contract/link.ts";
import type { AgentRun } from "../../contract/task.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { Journal } from "../journal/journal.ts";
import { type AskHub, Telling } from "./telling.ts";

const RUN: AgentRun = {
  id: "r",
  task: "t",
  action: "restart",
  service_name: "s",
  trigger: "schedule",
  by: null,
  due_at: "2026-01-01T00:00:00.000Z",
  started_at: null,
  ended_at: null,
  outcome: "waiting",
  reason: "",
  attempt: 0,
  exit_code: null,
  signal: null,
  missed: 1,
  output: "",
  output_dropped: 0,
};

for (const [tasks, kinds] of [
  [true, ["run"]],
  [false, ["dropped"]],
] as const) {
  it(`a hub that ${tasks ? "knows" : "does not know"} of tasks is told ${kinds.join()} for a run, with its number`, async () => {
    const directory = mkdtempSync(join(tmpdir(), "tailherd-telling-"));
    const journal = new Journal({ directory, clock: systemClock, logger: silentLogger });
    try {
      journal.append({ kind: "run", run: RUN });
      const told = Promise.withResolvers<JournalEntry[]>();
      const ask = (async (_method: string, { entries }: HubParams<"tell">) => {
        told.resolve(entries);
        return { confirmed: entries.at(-1)?.seq ?? 0 };
      }) as unknown as AskHub;
      const telling = new Telling({ journal, clock: systemClock, tasks }, 0, ask, told.reject);
      telling.poke();
      assert.deepEqual(
        (await told.promise).map(({ kind, seq }) => [kind, seq]),
        kinds.map((kind) => [kind, 1]),
      );
    } finally {
      journal.close();
      rmSync(directory, { recursive: true });
    }
  });
}
