// What checks mean for one instance: whether it has come up, is healthy, is ready; and when it has to be started again.
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import {
  type CheckHistory,
  type CheckResult,
  checkResultSchema,
  type CheckStatus,
} from "../../contract/check-status.ts";
import type { InstanceState } from "../../contract/status.ts";
import { portsOf } from "../../contract/sockets.ts";
import type { CheckRun } from "../checks/check-run.ts";
import type { Ear } from "../checks/ear.ts";
import { InstanceChecks, type KeptChecks } from "../checks/instance-checks.ts";
import type { Judgement, Verdict } from "../checks/judge.ts";
import type { Subject } from "../checks/probes/probe.ts";
import type { InstanceLife } from "./instance-life.ts";
import type { Run } from "./instance-record.ts";
import { buildLaunch, type LaunchText } from "./launch-script.ts";
import { readSecrets } from "./secrets.ts";

/** States in which something runs that checks can say something of. */
const CHECKED: ReadonlySet<InstanceState> = new Set(["starting", "running", "unhealthy"]);
const NOT_READY = "not ready: ";

export class Health {
  /** Told when a run has to be started again, with the words why; as often as a check says so. */
  condemned: (run: Run, words: string) => void = () => undefined;
  /** When nothing vital was known to fail, Unix milliseconds. */
  private wellUntil = 0;
  private watched: { run: Run; checks: InstanceChecks; verdict: Verdict } | undefined;
  private readonly life: InstanceLife;

  constructor(life: InstanceLife) {
    this.life = life;
  }

  /** Its process has lived for a moment: the state that follows is entered. `kept`: by the agent before, of the same run. */
  begin(run: Run, kept: KeptChecks | null = null): void {
    this.end();
    const { life } = this;
    const { checks: defined } = life.desired.spec;
    this.wellUntil = kept?.checks.some(({ state }) => state === "passing") ? life.tools.clock.now() : run.launchedAt;
    const checks = new InstanceChecks({
      key: life.directory.key,
      subject: subjectOf(life, run),
      tools: life.tools.checks,
      kept,
      results: kept === null ? new Map() : readResults(life, run),
      judged: (checkRun, before) => this.judged(run, checkRun, before),
    });
    checks.define(defined, portsOf(life.desired.spec));
    this.watched = { run, checks, verdict: checks.verdict() };
    this.apply();
  }

  /** The definition changed: its checks count at once. */
  define(): void {
    const { watched, life } = this;
    if (watched === undefined) return;
    const before = watched.checks.statuses();
    watched.checks.define(life.desired.spec.checks, portsOf(life.desired.spec));
    watched.verdict = watched.checks.verdict();
    this.apply();
    if (!isDeepStrictEqual(watched.checks.statuses(), before)) life.changed();
  }

  /** It is not looked at any more. */
  end(): void {
    this.watched?.checks.close();
    this.watched = undefined;
  }

  /** This agent looks no more; what it thinks and what it saw is kept for the next one. */
  close(): void {
    const { watched, life } = this;
    if (watched === undefined) return;
    watched.checks.close();
    const results = this.histories().map(({ name, results }) => ({ name, results }));
    if (results.length === 0) return;
    try {
      life.directory.checks.write({ generation: watched.run.generation, results });
    } catch (error) {
      life.complain(error, "cannot keep the results of health checks");
    }
  }

  /** An instance came into a state in which nothing is looked at, or not. */
  entered(state: InstanceState): void {
    if (!CHECKED.has(state)) this.end();
  }

  /** Whether others may rely on it: it runs, and no readiness check says otherwise. */
  get ready(): boolean {
    const { state } = this.life;
    if (state === "external") return true;
    return state === "running" && this.watched !== undefined && this.watched.verdict.notReady === null;
  }

  statuses(): CheckStatus[] {
    return this.watched?.checks.statuses() ?? [];
  }

  histories(): CheckHistory[] {
    return this.watched?.checks.histories(this.life.index) ?? [];
  }

  kept(): KeptChecks | null {
    const kept = this.watched?.checks.kept();
    return kept === undefined || kept.checks.length === 0 ? null : kept;
  }

  /** Is this run still to be started again? */
  isCondemned(run: Run): boolean {
    return this.watched?.run === run && this.watched.verdict.condemned !== null;
  }

  /** Milliseconds that a run was well: one that never was is no stable one, however long it ran. */
  wellFor(run: Run): number {
    return Math.max(0, this.wellUntil - run.launchedAt);
  }

  private judged(run: Run, { check, judgement }: CheckRun, before: Judgement): void {
    const { watched, life } = this;
    if (watched?.run !== run || life.run !== run || life.stopping !== null) return;
    watched.verdict = watched.checks.verdict();
    const { well, condemned } = watched.verdict;
    if (well) this.wellUntil = life.tools.clock.now();
    this.apply();
    if (judgement.state !== before.state) {
      life.persist();
      life.changed();
      if (judgement.state === "failing" || before.state === "failing") this.tell(check, judgement);
    }
    if (condemned !== null) this.condemned(run, condemned);
  }

  /** Enters the state that the checks speak of. */
  private apply(): void {
    const { watched, life } = this;
    if (watched === undefined || !CHECKED.has(life.state)) return;
    const { started, unhealthy, notReady } = watched.verdict;
    if (unhealthy !== null) life.enter("unhealthy", unhealthy);
    else if (!started) life.enter("starting", notReady);
    else life.enter("running", notReady === null ? null : `${NOT_READY}${notReady}`);
  }

  private tell({ name, role }: CheckRun["check"], { state, reason }: Judgement): void {
    const { life } = this;
    life.tools.event({
      type: "check.state",
      id: `check:${crypto.randomUUID()}`,
      at: new Date(life.tools.clock.now()).toISOString(),
      service: life.service,
      server_id: life.tools.server.id,
      index: life.index,
      by: null,
      check: name,
      role,
      state,
      reason,
    });
  }
}

const keptResultsSchema = z.object({
  generation: z.int(),
  results: z.array(z.object({ name: z.string(), results: z.array(checkResultSchema) })),
});

/** What an agent that closed in order kept of this run; an agent that was killed kept nothing. */
function readResults({ directory }: InstanceLife, run: Run): Map<string, CheckResult[]> {
  const read = directory.checks.read();
  const parsed = read.outcome === "read" ? keptResultsSchema.safeParse(read.record) : undefined;
  if (parsed?.success !== true || parsed.data.generation !== run.generation) return new Map();
  return new Map(parsed.data.results.map(({ name, results }) => [name, results]));
}

function subjectOf(life: InstanceLife, run: Run): Subject {
  let launch: LaunchText | undefined;
  let secrets: string[] | undefined;
  // Read once: what a check runs in is what the service runs in, not what its files say by now.
  const launchOf = (): LaunchText => (launch ??= buildLaunch(run.spec, life.index, life.marker, life.output));
  return {
    launch: launchOf,
    launchedAt: run.launchedAt,
    output: life.output,
    now: () => life.tools.clock.now(),
    notify: earOf(life.ears.notify, run),
    beats: earOf(life.ears.beats, run),
    hide: (text) => {
      const text_ = launchOf();
      secrets ??= text_.ok ? readSecrets(run.spec, text_.env).values : [];
      return secrets.reduce((hidden, secret) => hidden.replaceAll(secret, "•••"), text);
    },
  };
}

/** One way of telling, for one run. */
function earOf<H extends { problem: string | null }>(
  way: { hearing(run: Run): H } & Omit<Ear<H>, "hearing">,
  run: Run,
): Ear<H> {
  return {
    hearing: () => way.hearing(run),
    onHeard: (listener) => way.onHeard(listener),
    caughtUp: () => way.caughtUp(),
  };
}
