// Many agents in one process, without machines: they enrol, dial, prove who they are, tell and dial again by the code of real agents,
// and make up what they measure. They count what they told, so that what a hub has can be compared with it.
import { join } from "node:path";
import { loadServer } from "../../bench/support/metric-load.ts";
import { enrolAgent } from "../../src/agent/agent.ts";
import type { Membership } from "../../src/agent/hub-link/enrol.ts";
import { HubLink } from "../../src/agent/hub-link/hub-link.ts";
import { Outbox, type Outlet } from "../../src/agent/hub-link/outbox.ts";
import { type LinkNews, stayLinked } from "../../src/agent/hub-link/stay-linked.ts";
import { Journal } from "../../src/agent/journal/journal.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { AgentHandlers } from "../../src/contract/agent.ts";
import { TailherdError } from "../../src/contract/errors.ts";
import type { HubMethod, HubParams, HubResult } from "../../src/contract/link.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import type { InstanceStatus } from "../../src/contract/status.ts";
import { instanceRow, SYSTEM } from "./fake-agent.ts";

/** Registrations on their way at once. */
const ENROLLING = 16;

/** What a crowd is made of. */
export interface CrowdOptions {
  /** Journals are kept below it. */
  dir: string;
  hubUrl: string;
  /** For as many enrolments. */
  joinToken: string;
  count: number;
  /** Names begin with it. */
  prefix: string;
  /** Milliseconds between heartbeats. */
  interval: number;
  /** Milliseconds over which they dial for the first time. */
  ramp: number;
}

/** What they did so far. */
export interface CrowdReport {
  ids: string[];
  linked: number;
  /** Heartbeats measured, and events that happened: all of them have to be at the hub in the end, once. */
  readings: number;
  events: number;
  /** What is told and not confirmed yet. */
  waiting: number;
  /** Milliseconds from sending a heartbeat to its answer, since the last report. */
  acknowledged: number[];
  /** Heartbeats that were not answered, and went into a journal. */
  unanswered: number;
}

/** Agents that run. */
export class Crowd {
  private readonly members: Member[];

  private constructor(members: Member[]) {
    this.members = members;
  }

  /** Enrols all of them, and lets them dial. */
  static async gather(options: CrowdOptions): Promise<Crowd> {
    const members: Member[] = [];
    const names = Array.from({ length: options.count }, (_, index) => index);
    await Promise.all(
      Array.from({ length: ENROLLING }, async () => {
        for (let index = names.pop(); index !== undefined; index = names.pop()) {
          const directory = join(options.dir, String(index));
          const name = `${options.prefix}${index}`;
          const request = { hubUrl: options.hubUrl, token: options.joinToken, name, tags: ["crowd"] };
          members.push(new Member(directory, await enrolAgent(directory, request), options.interval, index));
        }
      }),
    );
    for (const member of members) member.dialIn(Math.random() * options.ramp);
    return new Crowd(members);
  }

  /** They measure from now on, each at its own moment. */
  beginMeasuring(): void {
    for (const member of this.members) member.beginMeasuring();
  }

  /** They measure no more, and go on telling what waits. */
  endMeasuring(): void {
    for (const member of this.members) member.endMeasuring();
  }

  /** Something happens at each of them. */
  happen(): void {
    for (const member of this.members) member.happen();
  }

  report(): CrowdReport {
    const sum = (of: (member: Member) => number): number =>
      this.members.reduce((total, member) => total + of(member), 0);
    return {
      ids: this.members.map(({ id }) => id),
      linked: sum(({ linked }) => (linked ? 1 : 0)),
      readings: sum(({ readings }) => readings),
      events: sum(({ events }) => events),
      waiting: sum(({ waiting }) => waiting),
      acknowledged: this.members.flatMap(({ outbox }) => outbox.acknowledged.splice(0)),
      unanswered: sum(({ outbox }) => outbox.failed),
    };
  }

  async leave(): Promise<void> {
    await Promise.all(this.members.map((member) => member.leave()));
  }
}

/** The real one, with a watch. */
class WatchedOutbox extends Outbox {
  readonly acknowledged: number[] = [];
  failed = 0;
  asking = 0;

  override open(outlet: Outlet, confirmed: number, tasks: boolean): void {
    const ask = async <M extends HubMethod>(
      method: M,
      params: HubParams<M>,
      deadline: number,
    ): Promise<HubResult<M>> => {
      const began = performance.now();
      this.asking += 1;
      try {
        const answer = await outlet.ask(method, params, deadline);
        if (method === "heartbeat") this.acknowledged.push(performance.now() - began);
        return answer;
      } catch (error) {
        if (method === "heartbeat") this.failed += 1;
        throw error;
      } finally {
        this.asking -= 1;
      }
    };
    const watched: Outlet = {
      get backlog() {
        return outlet.backlog;
      },
      ask,
      notify: (notice, data) => outlet.notify(notice, data),
      dead: (why) => outlet.dead(why),
    };
    super.open(watched, confirmed, tasks);
  }
}

class Member {
  readonly outbox: WatchedOutbox;
  /** Names of what it was given. */
  services: string[] = [];
  linked = false;
  readings = 0;
  events = 0;
  private readonly journal: Journal;
  private readonly membership: Membership;
  private readonly interval: number;
  private readonly machine: { next: () => Record<string, number> };
  private readonly leaving = new AbortController();
  private staying: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(directory: string, membership: Membership, interval: number, seed: number) {
    this.membership = membership;
    this.interval = interval;
    this.machine = loadServer(seed + 1);
    this.journal = new Journal({ directory: join(directory, "journal"), clock: systemClock, logger: silentLogger });
    this.outbox = new WatchedOutbox(this.journal, systemClock, () => interval);
  }

  get id(): string {
    return this.membership.server_id;
  }

  get waiting(): number {
    return this.journal.newest - this.journal.confirmed + this.outbox.asking;
  }

  dialIn(after: number): void {
    const { hub_url, hub_id, hub_key, private_key } = this.membership;
    const link = new HubLink({
      handlers: handlersOf(this),
      outbox: this.outbox,
      journal: this.journal,
      facts: { locked: false, allow_run: false },
      clock: systemClock,
      logger: silentLogger,
    });
    const news = ({ state }: LinkNews): void => {
      this.linked = state === "linked";
    };
    setTimeout(() => {
      const pinned = { serverId: this.id, privateKey: private_key, hubId: hub_id, hubKey: hub_key };
      const options = { link, hubUrl: hub_url, pinned, clock: systemClock, news, random: Math.random };
      this.staying = stayLinked(options, this.leaving.signal);
    }, after);
  }

  beginMeasuring(): void {
    this.timer = setTimeout(() => {
      this.measure();
      this.timer = setInterval(() => this.measure(), this.interval);
    }, Math.random() * this.interval);
  }

  endMeasuring(): void {
    clearTimeout(this.timer);
  }

  happen(): void {
    this.events += 1;
    const id = `${this.id}:${this.events}`;
    const common = { id, at: new Date().toISOString(), service: null, server_id: this.id, index: null, by: null };
    this.outbox.take({
      notice: "event",
      data: { ...common, type: "output.dropped", lines: 1, bytes: 1, reason: "a test" },
    });
  }

  async leave(): Promise<void> {
    this.endMeasuring();
    this.leaving.abort();
    await this.staying;
    this.journal.close();
  }

  /** What runs, with other numbers each time. */
  rows(): InstanceStatus[] {
    const { server_id, name: server } = this.membership;
    const cpu = Math.round(Math.random() * 1000) / 10;
    return this.services.map((service) => instanceRow(service, "running", { server_id, server, cpu }));
  }

  private measure(): void {
    this.readings += 1;
    const values = this.machine.next();
    const data = { at: Date.now(), system: SYSTEM, instances: this.rows(), samples: [], values, left_out: 0 };
    this.outbox.take({ notice: "samples", data });
  }
}

/** Answers of an agent that starts nothing, and says that all it was given runs. */
function handlersOf(member: Member): AgentHandlers {
  const answers: Partial<AgentHandlers> = {
    apply: async ({ services }) => {
      member.services = services.map(({ spec }) => spec.name);
      return {};
    },
    set: async ({ service }) => {
      member.services = [...new Set([...member.services, service.spec.name])];
      return {};
    },
    snapshot: async () => ({ instances: member.rows(), system: SYSTEM }),
  };
  return new Proxy(answers as AgentHandlers, {
    get: (_, method: keyof AgentHandlers) =>
      answers[method] ?? (() => Promise.reject(new TailherdError("refused", `Cannot ${method}: it is one of a crowd`))),
  });
}
