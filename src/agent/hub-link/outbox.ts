// What the agent tells, on its way out: what must not be lost goes into the journal, what is only worth something now goes over the
// link as it is, and readings do the one or the other as the link is there or not.
import { SECOND } from "../../base/units.ts";
import type { Clock } from "../../base/clock.ts";
import type { AgentNotice } from "../../contract/agent.ts";
import type { Reading } from "../../contract/link.ts";
import type { InstanceStatus } from "../../contract/status.ts";
import type { Journal } from "../journal/journal.ts";
import { type AskHub, Telling } from "./telling.ts";
import { keepsReading } from "./thinning.ts";

/** Bytes that a slow network may owe us before instances are told as their newest state only. */
const MAX_BACKLOG = 1024 * 1024;
/** Rows in one message, which may have 1 MiB at the hub: a row with its processes is a few KiB. */
const ROWS_AT_ONCE = 50;
/** Heartbeats unanswered in a row after which the link counts as dead. */
const MAX_UNANSWERED = 2;
const LEAST_DEADLINE = 5 * SECOND;

type NoticeData<N extends AgentNotice["notice"]> = Extract<AgentNotice, { notice: N }>["data"];

/** The link as the outbox uses it. */
export interface Outlet {
  readonly backlog: number;
  ask: AskHub;
  notify(notice: string, data: object): void;
  /** It does not carry any more. */
  dead(why: string): void;
}

export class Outbox {
  private readonly journal: Journal;
  private readonly clock: Clock;
  private readonly interval: () => number;
  private outlet: Outlet | undefined;
  private telling: Telling | undefined;
  private unanswered = 0;
  private awaySince: number | null = null;
  private lastKept: number | null = null;
  /** Rows that wait because the network is slow, the newest of each instance. */
  private readonly waiting = new Map<string, InstanceStatus>();

  /** `interval` says how many milliseconds are between readings now. */
  constructor(journal: Journal, clock: Clock, interval: () => number) {
    this.journal = journal;
    this.clock = clock;
    this.interval = interval;
  }

  /** From now on `outlet` carries; `confirmed` is what the hub has of the journal, and `tasks` says that it takes runs of tasks. */
  open(outlet: Outlet, confirmed: number, tasks: boolean): void {
    this.outlet = outlet;
    this.unanswered = 0;
    this.waiting.clear();
    const { journal, clock } = this;
    this.telling = new Telling({ journal, clock, tasks }, confirmed, outlet.ask, (error) => outlet.dead(String(error)));
    this.telling.poke();
  }

  /** `outlet` carries no more; another may have taken its place. */
  shut(outlet: Outlet): void {
    if (this.outlet !== outlet) return;
    this.telling?.end();
    this.telling = undefined;
    this.outlet = undefined;
  }

  take(notice: AgentNotice): void {
    switch (notice.notice) {
      case "event":
        return this.keep({ kind: "event", event: notice.data });
      case "top":
        return this.keep({ kind: "top", top: notice.data });
      case "command":
        return this.keep({ kind: "command", result: notice.data });
      case "run":
        return this.keep({ kind: "run", run: notice.data });
      case "samples":
        return this.takeSamples(notice.data);
      case "instances":
        return this.tellInstances(notice.data);
      case "output":
        this.outlet?.notify(notice.notice, notice.data);
        return;
      case "command_output":
      case "run_output":
        // What a slow network does not take is missed: the numbers in it show that, and the result repeats the end.
        if (this.outlet !== undefined && this.outlet.backlog <= MAX_BACKLOG)
          this.outlet.notify(notice.notice, notice.data);
    }
  }

  private keep(record: Parameters<Journal["append"]>[0]): void {
    this.journal.append(record);
    this.telling?.poke();
  }

  private takeSamples({ at, system, instances, samples, values, left_out }: NoticeData<"samples">): void {
    const reading: Reading = { at, values, samples };
    const { outlet } = this;
    if (outlet === undefined) return this.missed(reading);
    this.flushWaiting(outlet);
    const interval = this.interval();
    const rows = instances.slice(0, ROWS_AT_ONCE);
    tellRows(outlet, instances.slice(ROWS_AT_ONCE), []);
    outlet
      .ask("heartbeat", { ...reading, interval, system, instances: rows, left_out }, Math.max(interval, LEAST_DEADLINE))
      .then(
        () => {
          this.unanswered = 0;
          this.awaySince = null;
          this.lastKept = null;
        },
        (error: unknown) => {
          this.missed(reading);
          this.unanswered += 1;
          if (this.unanswered >= MAX_UNANSWERED) outlet.dead(`heartbeats are not answered (${String(error)})`);
        },
      );
  }

  /** The hub does not have it: told later, thinned. */
  private missed(reading: Reading): void {
    const now = this.clock.monotonic();
    this.awaySince ??= now;
    if (!keepsReading(this.awaySince, this.lastKept, now)) return;
    this.lastKept = now;
    this.keep({ kind: "reading", reading });
  }

  private tellInstances({ changed, removed }: NoticeData<"instances">): void {
    const { outlet } = this;
    if (outlet === undefined) return;
    for (const { service, index } of removed) this.waiting.delete(keyOf(service, index));
    if (outlet.backlog > MAX_BACKLOG) {
      for (const row of changed) this.waiting.set(keyOf(row.service, row.index), row);
      if (removed.length > 0) outlet.notify("instances", { changed: [], removed });
      return;
    }
    for (const { service, index } of changed) this.waiting.delete(keyOf(service, index));
    tellRows(outlet, changed, removed);
  }

  private flushWaiting(outlet: Outlet): void {
    if (this.waiting.size === 0 || outlet.backlog > MAX_BACKLOG) return;
    tellRows(outlet, [...this.waiting.values()], []);
    this.waiting.clear();
  }
}

function tellRows(outlet: Outlet, changed: InstanceStatus[], removed: { service: string; index: number }[]): void {
  if (removed.length > 0) outlet.notify("instances", { changed: [], removed });
  for (let at = 0; at < changed.length; at += ROWS_AT_ONCE) {
    outlet.notify("instances", { changed: changed.slice(at, at + ROWS_AT_ONCE), removed: [] });
  }
}

function keyOf(service: string, index: number): string {
  return `${service}\0${index}`;
}
