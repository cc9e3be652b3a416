// Finds processes that something else started, by keywords in their command line. One pass serves all services; with no
// keywords there is none. A pass reads what is new or matched, and every so often everything.
import { displayName } from "./command-line.ts";
import type { ProcessStat, ProcessTable } from "./process-table.ts";
import type { Untouchable } from "./untouchable.ts";

/** More processes than this are no service but a mistake: such keywords are refused, and never stopped by. */
export const MAX_VICTIMS = 20;

/** What to look for. */
export interface KeywordService {
  name: string;
  /** `match_keywords`; a service without is never matched. */
  keywords: readonly string[];
}

/** A process that matches, with its identity. */
export interface MatchedProcess {
  pid: number;
  startTicks: number;
  name: string;
  command: string;
  /** Unix seconds. */
  create_time: number;
}

/** What matches one service now; oldest first, since that is the one that started the others. */
export interface Match {
  processes: MatchedProcess[];
  /** Set when so many match that the keywords cannot be meant: show it, but act on none. */
  refused: string | null;
}

/** Every keyword occurs, in any case. No keywords match nothing. */
export function holdsKeywords(commandLine: string, keywords: readonly string[]): boolean {
  if (keywords.length === 0) return false;
  const text = commandLine.toLowerCase();
  return keywords.every((keyword) => text.includes(keyword.toLowerCase()));
}

/** Passes between which a process that matches nothing is taken to be the same while its pid exists. */
const RECHECK_EVERY = 6;
/** A process this young, in seconds, may still exec what it is going to be. */
const YOUNG = 60;

/** What is kept of a process that was looked at. */
interface Seen {
  startTicks: number;
  name: string;
  settled: boolean;
  services: readonly string[];
  command: string;
}

/** Matches all services against all processes, keeping what it knows from pass to pass. */
export class ExternalMatcher {
  private readonly table: ProcessTable;
  private readonly now: () => number;
  private seen = new Map<number, Seen>();
  private keywords = "";
  private passes = 0;

  /** `now` answers Unix milliseconds. */
  constructor(table: ProcessTable, now: () => number = Date.now) {
    this.table = table;
    this.now = now;
  }

  /**
   * One pass for all services. `untouchable` is made anew for each pass, and only when there is something to look for.
   * The answer has an entry for each service with keywords.
   */
  match(services: readonly KeywordService[], untouchable: () => Untouchable): Map<string, Match> {
    const wanted = services.filter((service) => service.keywords.length > 0);
    const found = new Map<string, Match>(wanted.map(({ name }) => [name, { processes: [], refused: null }]));
    this.forgetIfChanged(wanted);
    if (wanted.length === 0) return found;
    const judge = untouchable();
    const seen = new Map<number, Seen>();
    for (const pid of this.table.pids()) {
      // What we run holds its own keywords as a rule; it need not be read to be left out.
      if (judge.isManaged(pid)) continue;
      const known = this.look(pid, wanted, judge);
      if (known === undefined) continue;
      seen.set(pid, known);
      for (const name of known.services) {
        found.get(name)?.processes.push({
          pid,
          startTicks: known.startTicks,
          name: known.name,
          command: known.command,
          create_time: this.table.createTime(known.startTicks),
        });
      }
    }
    this.seen = seen;
    this.passes += 1;
    for (const match of found.values()) {
      match.processes.sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid);
      const count = match.processes.length;
      if (count > MAX_VICTIMS) match.refused = `its keywords match ${count} processes, more than ${MAX_VICTIMS}`;
    }
    return found;
  }

  private look(pid: number, wanted: readonly KeywordService[], judge: Untouchable): Seen | undefined {
    const known = this.seen.get(pid);
    const trusted = known?.settled === true && known.services.length === 0 && this.passes % RECHECK_EVERY !== 0;
    if (trusted) return known;
    const stat = this.table.stat(pid);
    if (stat === undefined || stat.state === "Z" || stat.state === "X") return undefined;
    const same =
      known !== undefined && known.settled && known.startTicks === stat.startTicks && known.name === stat.name;
    if (same && known.services.length === 0) return known;
    const argv = this.table.argv(pid) ?? [];
    const command = argv.join(" ").trim();
    const matching = wanted.filter((service) => holdsKeywords(command, service.keywords)).map(({ name }) => name);
    const owner = matching.length === 0 ? undefined : this.table.owner(pid);
    // Judged each time: a match may have been adopted, or have become a child of ours, since.
    const services = owner !== undefined && judge.refusal(stat, argv, owner) === null ? matching : [];
    return {
      startTicks: stat.startTicks,
      name: services.length === 0 ? stat.name : displayName(stat, command),
      // What was refused is looked at again each time: the reason may go.
      settled: this.isOld(stat) && services.length === matching.length,
      services,
      command: services.length === 0 ? "" : command,
    };
  }

  private isOld(stat: ProcessStat): boolean {
    return this.now() / 1000 - this.table.createTime(stat.startTicks) > YOUNG;
  }

  private forgetIfChanged(wanted: readonly KeywordService[]): void {
    const keywords = JSON.stringify(wanted.map(({ name, keywords }) => [name, keywords]));
    if (keywords === this.keywords) return;
    this.keywords = keywords;
    this.seen = new Map();
  }
}
