// Takes in what agents tell: newest state to the board, samples to the series, events to the feed.
import type { AgentNotice } from "../../contract/agent.ts";
import { Emitter } from "../../base/emitter.ts";
import type { EventFeed } from "../live/event-feed.ts";
import type { RecentCpu } from "../metrics/recent-cpu.ts";
import type { SeriesBook } from "../metrics/series.ts";
import type { RecentFailures } from "../services/recent-failures.ts";
import type { StatusBoard } from "../services/status-board.ts";
import type { Agents, HeardNotice } from "./agents.ts";
import type { Observed } from "./observed.ts";

type NoticeData<N extends AgentNotice["notice"]> = Extract<AgentNotice, { notice: N }>["data"];
/** Lines that came for a subscription. */
export type OutputNotice = NoticeData<"output">;

/** What `Intake` feeds. */
export interface IntakeParts {
  observed: Observed;
  board: StatusBoard;
  series: SeriesBook;
  recentCpu: RecentCpu;
  failures: RecentFailures;
  events: EventFeed;
  now: () => number;
}

/** The hub's ear. */
export class Intake {
  /** After each sample of the machine. */
  readonly sampled = new Emitter<void>();
  readonly output = new Emitter<OutputNotice>();
  private readonly parts: IntakeParts;

  constructor(parts: IntakeParts) {
    this.parts = parts;
  }

  listen(agents: Agents): Disposable {
    return agents.notices.on((heard) => this.hear(heard));
  }

  private hear({ server, notice }: HeardNotice): void {
    switch (notice.notice) {
      case "instances":
        return this.takeInstances(server.id, notice.data);
      case "samples":
        return this.takeSamples(notice.data);
      case "event":
        if (notice.data.type === "instance.exited") {
          this.parts.failures.add(notice.data.service, notice.data.exit);
          this.parts.board.touch(notice.data.service);
        }
        return this.parts.events.add(notice.data);
      case "output":
        return this.output.emit(notice.data);
    }
  }

  private takeInstances(serverId: string, { changed, removed }: NoticeData<"instances">): void {
    const { observed, board } = this.parts;
    this.hearNow();
    for (const row of changed) {
      observed.put(row);
      board.touch(row.service);
    }
    for (const { service, index } of removed) {
      observed.remove(service, serverId, index);
      board.touch(service);
    }
  }

  private takeSamples({ at, system, instances, samples }: NoticeData<"samples">): void {
    const { observed, board, series, recentCpu } = this.parts;
    this.hearNow();
    observed.system = system;
    for (const row of instances) {
      observed.put(row);
      board.touch(row.service);
    }
    for (const { service, index, cpu, memory } of samples) {
      const row = observed.instancesOf(service).find((each) => each.index === index);
      series.add(service, index, row?.generation ?? 0, [at, cpu, memory]);
      recentCpu.add(service, at, cpu);
    }
    this.sampled.emit();
  }

  private hearNow(): void {
    this.parts.observed.at = this.parts.now();
    this.parts.board.refresh();
  }
}
