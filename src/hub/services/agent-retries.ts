// What an agent could not take (no descriptors, a full disk, no answer in time) is told to it again until it has it: what the hub
// has stored and what the agent does must not differ for longer than the reason lasts.
import type { Clock, Timer } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import type { Deployment } from "./deployment.ts";
import type { KeyedQueue } from "./keyed-queue.ts";

const INTERVAL = 2 * SECOND;

/** Tells again, service by service and in turn with other changes of it, until disposed. */
export class AgentRetries implements Disposable {
  /** Ids of servers, by service. */
  private behind = new Map<string, Set<string>>();
  private readonly parts: { deployment: Deployment; queue: KeyedQueue; clock: Clock };
  private readonly listening: Disposable;
  private timer: Timer | undefined;

  constructor(parts: { deployment: Deployment; queue: KeyedQueue; clock: Clock }) {
    this.parts = parts;
    this.listening = parts.deployment.untold.on(({ service, serverId }) => {
      this.behind.set(service, (this.behind.get(service) ?? new Set()).add(serverId));
      this.schedule();
    });
  }

  [Symbol.dispose](): void {
    this.listening[Symbol.dispose]();
    this.timer?.cancel();
  }

  private schedule(): void {
    this.timer ??= this.parts.clock.after(INTERVAL, () => {
      this.timer = undefined;
      const { queue, deployment } = this.parts;
      const { behind } = this;
      this.behind = new Map();
      for (const [service, servers] of behind) {
        // One that fails again is among `behind` again.
        const tell = async (): Promise<unknown> =>
          await Promise.all([...servers].map((id) => deployment.tellAgain(service, id)));
        void queue.run(service, tell).catch(() => {});
      }
    });
  }
}
