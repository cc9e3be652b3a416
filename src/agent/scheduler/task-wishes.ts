// What tasks have started or stopped here and the hub has not heard of yet: until it has, its word on those services is older than
// ours. Kept on the disk, since an outage may outlast this process.
import { join } from "node:path";
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import type { DesiredService } from "../../contract/agent.ts";
import { desiredStateSchema } from "../../contract/service.ts";
import type { Logger } from "../../runtime/logger.ts";
import { KeptFile } from "../desired/kept-file.ts";

const wishSchema = z.object({
  service: z.string(),
  desired: desiredStateSchema,
  /** The entry of the journal that tells the hub. */
  journal: z.string(),
  seq: z.int(),
});
const keptSchema = z.object({ wishes: z.array(wishSchema) });
type Wish = z.infer<typeof wishSchema>;

/** How far the hub has heard. */
export interface Heard {
  readonly id: string;
  readonly confirmed: number;
  readonly newest: number;
}

export class TaskWishes {
  private readonly file: KeptFile<z.infer<typeof keptSchema>>;
  private readonly heard: Heard;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private wishes = new Map<string, Wish>();
  /** Messages that wait in `settled`. */
  private turns = 0;

  constructor(options: { agentDir: string; journal: Heard; clock: Clock; logger: Logger }) {
    this.file = new KeptFile(join(options.agentDir, "task-wishes.json"), keptSchema);
    this.heard = options.journal;
    this.clock = options.clock;
    this.logger = options.logger;
  }

  async open(): Promise<void> {
    const read = await this.file.read(this.clock.now());
    if (read.outcome !== "read" && read.outcome !== "recovered") return;
    this.wishes = new Map(read.value.wishes.map((wish) => [wish.service, wish]));
  }

  /** A task wishes this of a service, and the journal's newest entry tells it. Resolves when that is kept. */
  async put(service: string, desired: Wish["desired"]): Promise<void> {
    const { id: journal, newest: seq } = this.heard;
    this.wishes.set(service, { service, desired, journal, seq });
    await this.keep();
  }

  /** Somebody wished something of it by hand. */
  drop(service: string): void {
    if (this.wishes.delete(service)) void this.keep();
  }

  /**
   * Resolves when what came before a message is done with, the hub's confirmation of a wish too: at once while there is no wish.
   * Whatever changes what is desired waits here first, so that all of it stays in the order in which it came.
   */
  async settled(): Promise<void> {
    if (this.wishes.size === 0 && this.turns === 0) return;
    this.turns += 1;
    await new Promise<void>((resolve) => void setImmediate(resolve));
    this.turns -= 1;
  }

  /** What the hub wants of a service, with our word where the hub does not know it yet. */
  over(service: DesiredService): DesiredService {
    const { name } = service.spec;
    const wish = this.wishes.get(name);
    if (wish === undefined) return service;
    if (wish.journal !== this.heard.id || wish.seq <= this.heard.confirmed) {
      this.drop(name);
      return service;
    }
    return { ...service, desired: wish.desired, stopped_instances: [] };
  }

  close(): Promise<void> {
    return this.file.settled();
  }

  private async keep(): Promise<void> {
    try {
      await this.file.write(() => ({ wishes: [...this.wishes.values()] }));
    } catch (error) {
      this.logger.warn({ error: String(error) }, "cannot keep what tasks wish of services");
    }
  }
}
