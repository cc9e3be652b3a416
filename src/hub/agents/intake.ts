// Takes in what agents tell: newest state to the board, samples to the series, what happened to the store.
import type { AgentNotice } from "../../contract/agent.ts";
import { Emitter } from "../../base/emitter.ts";
import type { TailherdEvent } from "../../contract/events.ts";
import type { InstanceStatus, SystemStats } from "../../contract/status.ts";
import type { JournalEntry } from "../../contract/link.ts";
import type { CommandOutput, CommandResult } from "../../contract/commands.ts";
import type { AgentRun } from "../../contract/task.ts";
import type { EventFeed } from "../live/event-feed.ts";
import type { RecentCpu } from "../metrics/recent-cpu.ts";
import type { Recorder } from "../metrics/recorder.ts";
import type { SeriesBook } from "../metrics/series.ts";
import type { Deployment } from "../services/deployment.ts";
import type { RecentFailures } from "../services/recent-failures.ts";
import type { StatusBoard } from "../services/status-board.ts";
import type { Agents, HeardNotice } from "./agents.ts";
import type { Observed } from "./observed.ts";
import type { ServerBook } from "./server-book.ts";

type NoticeData<N extends AgentNotice["notice"]> = Extract<AgentNotice, { notice: N }>["data"];
/** Lines that came for a subscription, and from which server. */
export type OutputNotice = NoticeData<"output"> & { server_id: string };

/** What `Intake` feeds. */
export interface IntakeParts {
  book: ServerBook;
  observed: Observed;
  board: StatusBoard;
  deployment: Deployment;
  series: SeriesBook;
  recentCpu: RecentCpu;
  recorder: Recorder;
  failures: RecentFailures;
  events: EventFeed;
  /** Hears what remote commands print, and stores how they ended. */
  commands: {
    hear(serverId: string, output: CommandOutput): void;
    result(serverId: string, result: CommandResult): Promise<void>;
  };
  /** Stores runs of tasks, and hears what they print. */
  taskRuns: {
    take(serverId: string, run: AgentRun): Promise<void>;
    hear(serverId: string, output: CommandOutput): void;
  };
  now: () => number;
}

/** The hub's ear. */
export class Intake {
  /** After each sample of a machine: its server's id. */
  readonly sampled = new Emitter<string>();
  readonly output = new Emitter<OutputNotice>();
  /** Since the start. */
  readonly counts = { heartbeats: 0, entries: 0 };
  private readonly parts: IntakeParts;

  constructor(parts: IntakeParts) {
    this.parts = parts;
  }

  listen(agents: Agents): Disposable {
    return agents.notices.on((heard) => this.hear(heard));
  }

  /** Stores entries of a server's journal; rejects when the store cannot, and the agent tells them again. */
  async store(serverId: string, entries: readonly JournalEntry[]): Promise<void> {
    const events = entries.flatMap((entry) => this.eventOf(serverId, entry));
    for (const event of events) this.notice(event);
    await this.parts.events.addAll(events);
    for (const entry of entries) if (entry.kind === "command") await this.parts.commands.result(serverId, entry.result);
    for (const entry of entries) if (entry.kind === "run") await this.parts.taskRuns.take(serverId, entry.run);
    this.counts.entries += entries.length;
  }

  /** Everything that an agent observes, as it tells it when its link opens. */
  takeSnapshot(serverId: string, instances: InstanceStatus[], system: SystemStats | null): void {
    this.hearNow(serverId);
    this.takeRows(serverId, instances);
    if (system === null) return;
    this.parts.observed.putSystem(serverId, system);
    this.sampled.emit(serverId);
  }

  /** A bare server's heartbeat; it has the hub's time. */
  takeHeartbeat(serverId: string, values: Record<string, number>): void {
    this.counts.heartbeats += 1;
    this.parts.book.heard(serverId, values, this.parts.now());
    this.parts.recorder.heartbeat(serverId, values);
    this.sampled.emit(serverId);
  }

  private eventOf(serverId: string, entry: JournalEntry): TailherdEvent[] {
    switch (entry.kind) {
      case "event":
        return [entry.event];
      case "dropped": {
        const { entries, reason, seq } = entry;
        const at = new Date(this.parts.now()).toISOString();
        const id = `dropped:${serverId}:${seq}:${at}`;
        const rest = { id, at, service: null, server_id: serverId, index: null, by: null };
        return [{ ...rest, type: "server.entries_dropped", entries, reason }];
      }
      case "reading":
        this.parts.recorder.reading(serverId, entry.reading);
        return [];
      case "top":
        this.parts.recorder.top(serverId, entry.top);
        return [];
      case "command":
      case "run":
    }
    return [];
  }

  private notice(event: TailherdEvent): void {
    if (event.type !== "instance.exited" || event.service === null) return;
    this.parts.failures.add(event.service, event.exit);
    this.parts.board.touch(event.service);
  }

  private hear({ server, notice }: HeardNotice): void {
    switch (notice.notice) {
      case "instances":
        return this.takeInstances(server.id, notice.data);
      case "samples":
        return this.takeSamples(server.id, notice.data);
      case "output":
        return this.output.emit({ ...notice.data, server_id: server.id });
      case "command_output":
        return this.parts.commands.hear(server.id, notice.data);
      case "run_output":
        return this.parts.taskRuns.hear(server.id, notice.data);
      // The others come as entries of the journal.
      default:
    }
  }

  private takeInstances(serverId: string, { changed, removed }: NoticeData<"instances">): void {
    const { observed, board } = this.parts;
    this.hearNow(serverId);
    this.takeRows(serverId, changed);
    for (const { service, index } of removed) {
      observed.remove(service, serverId, index);
      board.touch(service);
    }
  }

  private takeSamples(serverId: string, data: NoticeData<"samples">): void {
    const { observed, series, recentCpu, book } = this.parts;
    this.counts.heartbeats += 1;
    this.hearNow(serverId);
    observed.putSystem(serverId, data.system);
    book.heard(serverId, data.values, data.at - book.skewOf(serverId));
    this.parts.recorder.reading(serverId, data);
    this.takeRows(serverId, data.instances);
    for (const { service, index, cpu, memory } of data.samples) {
      const row = observed.get(service, serverId, index);
      if (row === undefined) continue;
      series.add({ service, serverId, index }, row.generation, [data.at, cpu, memory]);
      recentCpu.add({ service, serverId, index }, this.parts.now(), cpu);
    }
    this.sampled.emit(serverId);
  }

  /** A server speaks for the services that are placed on it, and for what of others it still has to let go of. */
  private takeRows(serverId: string, rows: NoticeData<"instances">["changed"]): void {
    const { observed, board, deployment } = this.parts;
    for (const row of rows) {
      if (!observed.isOn(row.service, serverId) && !deployment.isOn(row.service, serverId)) continue;
      observed.put(row);
      board.touch(row.service);
    }
  }

  private hearNow(serverId: string): void {
    this.parts.observed.hearNow(serverId, this.parts.now());
    this.parts.board.refresh();
  }
}
