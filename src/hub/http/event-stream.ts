// Server-sent events on a raw response: framing, a ping that keeps proxies awake, and an end for readers that do not read.
import type { ServerResponse } from "node:http";
import type { Clock, Timer } from "../../base/clock.ts";
import { MIB, SECOND } from "../../base/units.ts";
import { API_HEADERS } from "./headers.ts";

const PING_INTERVAL = 15 * SECOND;
/** Bytes that a reader may be behind; it resumes by Last-Event-ID when it was cut off. */
const MAX_BEHIND = MIB;

/** One open stream. */
export class EventStream {
  private readonly response: ServerResponse;
  private readonly clock: Clock;
  private ping: Timer | undefined;

  constructor(response: ServerResponse, clock: Clock) {
    this.response = response;
    this.clock = clock;
    response.writeHead(200, { ...API_HEADERS, "content-type": "text/event-stream", "x-accel-buffering": "no" });
    // To HEAD there is nothing to come: a stream without a body would be open, and silent, for ever.
    if (response.req.method === "HEAD") response.end();
    else response.write(": tailherd\n\n");
    this.schedulePing();
    response.once("close", () => this.ping?.cancel());
  }

  get isOpen(): boolean {
    return !this.response.destroyed && !this.response.writableEnded;
  }

  /** Calls once when the stream is over, whoever ended it. */
  onClose(act: () => void): void {
    if (this.response.destroyed) act();
    else this.response.once("close", act);
  }

  /** `data` is JSON or anything else without line breaks. */
  send(event: string, id: string, data: string): void {
    if (!this.isOpen) return;
    this.response.write(`id: ${id}\nevent: ${event}\ndata: ${data}\n\n`);
    if (this.response.writableLength > MAX_BEHIND) this.response.destroy();
  }

  /** Waits until a reader that is behind has caught up, for replays. */
  async drained(): Promise<void> {
    while (this.isOpen && this.response.writableNeedDrain) {
      await new Promise<void>((resolve) => {
        this.response.once("drain", resolve);
        this.response.once("close", resolve);
      });
    }
  }

  end(): void {
    this.response.end();
  }

  private schedulePing(): void {
    this.ping = this.clock.after(PING_INTERVAL, () => {
      if (!this.isOpen) return;
      this.response.write(": ping\n\n");
      this.schedulePing();
    });
  }
}
