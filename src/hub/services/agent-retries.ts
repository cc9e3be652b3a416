// What an agent could not take (no descriptors, a full disk, no answer in time) is told to it again until it has it: what the hub
// has stored and what the agent does must not differ for longer than the reason lasts.
import type { Clock, Timer } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import type { Agents } from "../agents/agents.ts";
import type { Catalog } from "./catalog.ts";
import type { KeyedQueue } from "./keyed-queue.ts";

const INTERVAL = 2 * SECOND;

/** Tells again, service by service and in turn with other changes of it, until disposed. */
export class AgentRetries implements Disposable {
  private readonly behind = new Set<string>();
  private readonly parts: { agents: Agents; catalog: Catalog; queue: KeyedQueue; clock: Clock };
  private readonly listening: Disposable;
  private timer: Timer | undefined;

  constructor(parts: { agents: Agents; catalog: Catalog; queue: KeyedQueue; clock: Clock }) {
    this.parts = parts;
    this.listening = parts.agents.untold.on((services) => {
      for (const service of services) this.behind.add(service);
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
      const services = [...this.behind];
      this.behind.clear();
      // One that fails again is among `behind` again.
      for (const service of services) void this.parts.queue.run(service, () => this.tell(service)).catch(() => {});
    });
  }

  private async tell(service: string): Promise<void> {
    const { agents, catalog } = this.parts;
    const record = catalog.get(service);
    if (record === undefined) await agents.call("remove", { service, by: "tailherd" });
    else await agents.call("set", { service: catalog.desiredOf(record) });
  }
}
