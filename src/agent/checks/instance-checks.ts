// All checks of one generation of an instance: which are looked at now, and what they say together.
import type { Check } from "../../contract/checks.ts";
import type { CheckHistory, CheckResult, CheckStatus } from "../../contract/check-status.ts";
import { CheckRun, type CheckTools } from "./check-run.ts";
import { shareOf } from "./due.ts";
import { isDue, type Judgement, takenOver, unjudged, type Verdict, verdictOf } from "./judge.ts";
import { openProbe, shownOf } from "./probes/open-probe.ts";
import type { Subject } from "./probes/probe.ts";

/** What an agent keeps of the checks of a generation for the agent after it. */
export interface KeptChecks {
  /** The startup checks had passed. */
  started: boolean;
  checks: { name: string; state: Judgement["state"]; reason: string | null; since: number }[];
}

export interface InstanceChecksOptions {
  /** Names the instance on this machine. */
  key: string;
  subject: Subject;
  tools: CheckTools;
  /** Of the agent before, when it is taken over. */
  kept: KeptChecks | null;
  /** The same agent's results, by check. */
  results: ReadonlyMap<string, readonly CheckResult[]>;
  /** One more look was judged. */
  judged: (run: CheckRun, before: Judgement) => void;
}

export class InstanceChecks {
  started: boolean;
  private runs: CheckRun[] = [];
  private prints = new Map<CheckRun, string>();
  private readonly options: InstanceChecksOptions;
  /** What an agent before thought, until it has been taken over: a check that is changed later begins anew. */
  private inherited: KeptChecks | null;

  constructor(options: InstanceChecksOptions) {
    this.options = options;
    this.inherited = options.kept;
    this.started = options.kept?.started ?? false;
  }

  /** Takes over checks as they are defined now; those that did not change go on as they are. `ports`: of the same definition. */
  define(checks: readonly Check[], ports: readonly number[]): void {
    const before = this.runs;
    this.runs = checks.map((check) => {
      const print = JSON.stringify([check, ports[0]]);
      const same = before.find((run) => this.prints.get(run) === print);
      if (same !== undefined) return same;
      const made = this.make(check, ports);
      this.prints.set(made, print);
      return made;
    });
    for (const run of before) {
      if (this.runs.includes(run)) continue;
      run.stop();
      this.prints.delete(run);
    }
    this.inherited = null;
    this.started = verdictOf(this.runs, this.started).started;
    this.look();
  }

  /** What they say together; once the startup checks have passed, the others are looked at. */
  verdict(): Verdict {
    const verdict = verdictOf(this.runs, this.started);
    if (verdict.started && !this.started) {
      this.started = true;
      this.look();
    }
    return verdict;
  }

  statuses(): CheckStatus[] {
    return this.runs.map((run) => run.status());
  }

  histories(index: number): CheckHistory[] {
    return this.runs.map((run) => run.history(index));
  }

  kept(): KeptChecks {
    const checks = this.runs.map(({ check, judgement: { state, reason, since } }) => ({
      name: check.name,
      state,
      reason,
      since,
    }));
    return { started: this.started, checks };
  }

  close(): void {
    for (const run of this.runs) run.stop();
  }

  /** Lets those be looked at whose turn it is. */
  private look(): void {
    for (const run of this.runs) {
      if (isDue(run.check.role, this.started)) run.start();
      else run.stop();
    }
  }

  private make(check: Check, ports: readonly number[]): CheckRun {
    const { key, subject, tools, judged } = this.options;
    const kept = this.keptOf(check);
    const run: CheckRun = new CheckRun({
      check,
      judgement: kept === undefined ? unjudged(subject.now()) : takenOver(kept),
      open: (turned) => openProbe(check, { ports, subject, passed: run.judgement.state === "passing", turned }),
      shown: () => shownOf(check, subject),
      takenOver: kept !== undefined,
      share: shareOf(`${key}/${check.name}`),
      results: kept === undefined ? [] : (this.options.results.get(check.name) ?? []),
      tools,
      judged,
    });
    return run;
  }

  /** What an agent before thought of it, if it did. */
  private keptOf(check: Check): KeptChecks["checks"][number] | undefined {
    return this.inherited?.checks.find(({ name, state }) => name === check.name && state !== "waiting");
  }
}
