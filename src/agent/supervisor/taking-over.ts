// Takes over one instance from the agent before: its state, a process that runs, an end that fell in the gap.
import { SECOND } from "../../base/units.ts";
import { findFate, type Found } from "./adoption.ts";
import type { Ending } from "./ending.ts";
import type { InstanceLife } from "./instance-life.ts";
import { type InstanceRecord, readRecord } from "./instance-record.ts";
import { NO_HISTORY } from "./restart-policy.ts";
import type { Starting } from "./starting.ts";
import type { Told } from "./told.ts";

/** The trades of the instance that is taken over. */
interface Trades {
  starting: Starting;
  ending: Ending;
  told: Told;
}

/** Begins to watch on the way: what is told from then on is heard. */
export function takeOver(life: InstanceLife, trades: Trades): void {
  const { directory, shim, tools } = life;
  const record = readRecord(directory, tools.logger);
  shim.adopt(record?.joins ?? [], record?.shim ?? null);
  const pid = directory.readPid();
  const exit = directory.readExit();
  const fate = findFate({ pid, exit, record, shimLives: shim.process !== null }, tools.table);
  life.generation = Math.max(record?.generation ?? 0, pid?.generation ?? 0, exit?.generation ?? 0);
  if (record !== undefined) life.restore(record);
  life.exits.restore(record);
  trades.told.open();
  meetFate(life, trades, fate, record);
  life.persist();
  trades.told.look();
}

function meetFate(life: InstanceLife, trades: Trades, fate: Found, record: InstanceRecord | undefined): void {
  if (fate.found === "none") return;
  const run = runOf(life, fate, record);
  life.run = run;
  switch (fate.found) {
    case "running":
      life.state = "running";
      // Its output is open by now: what was emptied while it was frozen has been noticed.
      life.tools.containment.thaw(life.contained);
      if (!run.hookDone || record?.state === "starting") {
        life.state = "starting";
        if (run.hookDone) trades.starting.awaitAlive(run);
      }
      if (life.shim.process === null) trades.told.lostShim();
      life.changed();
      return;
    case "launching":
      life.state = "starting";
      trades.starting.awaitLaunch();
      return;
    case "ended":
      life.state = "running";
      trades.ending.ended(fate.exit, null);
      return;
    case "lost":
      life.state = "running";
      if (fate.rebooted) lostByReboot(life, trades, fate.why);
      else trades.ending.ended(null, fate.why);
  }
}

/** What ran, as far as it can be told; without a record the saved definition stands for the one it was started from. */
function runOf(
  life: InstanceLife,
  fate: Exclude<Found, { found: "none" }>,
  record: InstanceRecord | undefined,
): NonNullable<InstanceLife["run"]> {
  const process = "process" in fate ? fate.process : null;
  const { table, clock } = life.tools;
  const kept = record?.run?.generation === fate.generation ? record.run : undefined;
  if (kept !== undefined) return { ...kept, process };
  const { spec, revision } = life.desired;
  return {
    generation: fate.generation,
    revision,
    spec,
    wrapped: false,
    launchedAt: process === null ? clock.now() : table.createTime(process.startTicks) * SECOND,
    oomBefore: 0,
    process,
    hookDone: true,
  };
}

/** After a restart of the machine the policy has no say: what ran and is still wanted comes back. */
function lostByReboot(life: InstanceLife, { ending }: Trades, why: string): void {
  const { run } = life;
  if (run === null) return;
  const words = ending.describe(run, { status: null, signalled: false, lost: why });
  life.run = null;
  life.history = NO_HISTORY;
  life.record(words, { generation: run.generation, startedAt: run.launchedAt, by: null });
  life.state = "stopped";
}
