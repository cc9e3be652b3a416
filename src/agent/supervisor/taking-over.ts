// Takes over one instance from the agent before: its state, a process that runs, an end that fell in the gap.
import { SECOND } from "../../base/units.ts";
import { findFate, type Found } from "./adoption.ts";
import type { Ending } from "./ending.ts";
import type { InstanceLife } from "./instance-life.ts";
import { NOTHING_HELD } from "./held-sockets.ts";
import { type InstanceRecord, readRecord, type Run, waitedFor } from "./instance-record.ts";
import { isWrapped } from "./launch-script.ts";
import { NO_HISTORY, recordStart } from "./restart-policy.ts";
import type { Starting } from "./starting.ts";
import type { Told } from "./told.ts";

/** A generation that was ordered. */
type Order = Exclude<Found, { found: "none" }>;

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
  const { joins, holding, shim: kept } = record ?? { joins: [], holding: NOTHING_HELD, shim: null };
  shim.adopt({ joins, holding }, kept);
  const pid = directory.readPid();
  const exit = directory.readExit();
  const fate = findFate({ pid, exit, record, shimLives: shim.process !== null }, tools.table);
  life.generation = Math.max(record?.generation ?? 0, pid?.generation ?? 0, exit?.generation ?? 0);
  if (record !== undefined) life.restore(record);
  life.exits.restore(record);
  trades.told.open();
  if (fate.found !== "none") {
    const unkept = record !== undefined && fate.generation > record.generation;
    if (unkept) catchUp(life, trades.ending, fate, record);
    const isYoung = unkept || record?.state === "starting";
    meetFate(life, trades, fate, { last: record?.run ?? undefined, isYoung, record: unkept ? undefined : record });
  }
  // An agent that died before it could send the shim away; one that died in the middle of a restart left it for the next start.
  const settled =
    life.state === "exited" || life.state === "fatal" || (life.state === "stopped" && life.wish === "stopped");
  if (life.run === null && settled) shim.letGo();
  life.persist();
  trades.told.look();
}

/** Takes over what turns out only now to have been ordered by an agent before. Answers whether there is such a thing. */
export function takeOverUnordered(life: InstanceLife, trades: Trades): boolean {
  const { directory, shim, tools } = life;
  const pid = directory.readPid();
  if (pid === undefined || pid.generation <= life.generation) return false;
  const facts = { pid, exit: directory.readExit(), record: undefined, shimLives: shim.process !== null };
  const fate = findFate(facts, tools.table);
  if (fate.found === "none") return false;
  life.clearTimer();
  life.generation = fate.generation;
  life.history = recordStart(life.history, beginOf(life, fate));
  life.nextStartAt = null;
  meetFate(life, trades, fate, { last: undefined, isYoung: true, record: undefined });
  life.persist();
  life.changed();
  return true;
}

/** The agent before died before it could keep its last order, and the end that it was the answer to: what runs tells of both. */
function catchUp(life: InstanceLife, ending: Ending, fate: Order, record: InstanceRecord): void {
  const { run } = record;
  const begin = Math.max(run?.launchedAt ?? 0, beginOf(life, fate));
  if (run !== null) {
    const told = [life.directory.readExit(), life.directory.readExitBefore()];
    const exit = told.find((one) => one?.generation === run.generation);
    const lost = exit === undefined ? "its shim was gone too" : null;
    const facts = { status: exit?.status ?? null, signalled: exit?.signalled ?? false, lost, at: begin };
    const end = { generation: run.generation, startedAt: run.launchedAt, endedAt: begin, by: null };
    life.record(ending.describe(run, facts), end);
    life.history = { ...life.history, inARow: life.history.inARow + 1, rowSince: life.history.rowSince ?? begin };
    life.restartCount += 1;
  }
  life.history = recordStart(life.history, begin);
  life.nextStartAt = null;
}

/** When it began, Unix milliseconds, or now where nobody knows any more. */
function beginOf({ tools }: InstanceLife, fate: Order): number {
  const process = "process" in fate ? fate.process : null;
  const now = tools.clock.now();
  return process === null ? now : Math.min(now, tools.table.createTime(process.startTicks) * SECOND);
}

/** `last`: the last order that is known; `isYoung`: it may not have lived long enough yet to be called running. */
interface Known {
  last: Run | undefined;
  isYoung: boolean;
  /** What was kept of this very run. */
  record: InstanceRecord | undefined;
}

function meetFate(life: InstanceLife, trades: Trades, fate: Order, known: Known): void {
  const run = runOf(life, fate, known);
  life.run = run;
  life.ears.resume(run, known.record);
  switch (fate.found) {
    case "running":
      life.state = "running";
      // Its output is open by now: what was emptied while it was frozen has been noticed.
      life.tools.containment.thaw(life.contained);
      if (!run.hookDone || (known.isYoung && !run.proven)) {
        life.state = "starting";
        if (run.hookDone) trades.starting.awaitAlive(run);
        else trades.starting.awaitHook(run);
      } else resumeChecks(life, run, known.record);
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

/** Checks go on where the agent before left them; what was thought of them stays until they are looked at again. */
function resumeChecks(life: InstanceLife, run: Run, record: InstanceRecord | undefined): void {
  const kept = record?.state === "starting" || record?.state === "unhealthy" ? record : undefined;
  life.state = kept?.state ?? "running";
  life.reason = kept?.reason ?? (record?.state === "running" ? record.reason : null);
  life.health.begin(run, record?.checks ?? { started: life.state !== "starting", checks: [] });
}

/** What ran, as far as it can be told; without a record the saved definition stands for the one it was started from. */
function runOf(life: InstanceLife, fate: Order, { last, isYoung }: Known): Run {
  const process = "process" in fate ? fate.process : null;
  if (last?.generation === fate.generation) {
    const isNew = last.process === null && process !== null;
    return { ...last, process, waited: isNew ? waitedFor(last, process, life.tools.table) : last.waited };
  }
  const { spec, revision } = life.desired;
  return {
    generation: fate.generation,
    revision,
    spec,
    wrapped: isWrapped(spec),
    launchedAt: beginOf(life, fate),
    // Whatever was counted before, what lives now has not been ended by it.
    oomBefore: fate.found === "running" ? life.tools.containment.oomKills(life.directory.key) : (last?.oomBefore ?? 0),
    process,
    waited: 0,
    // What ran long before may have been started from a definition without this hook.
    hookDone: !isYoung || spec.hooks.pre_start === null,
    proven: !isYoung,
    ...(isYoung ? life.ears.presumed() : { notify: null, beat: null }),
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
