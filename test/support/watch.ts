// Follows a real hub over /ws as the dashboard does, for tests that wait until a service is as wanted.
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import type { ServerMessage } from "../../src/contract/live.ts";
import type { ServiceStatus } from "../../src/contract/status.ts";

const PATIENCE = 20_000;

/** The newest row of each service, as the hub told it. */
export class StatusWatch implements Disposable {
  readonly rows = new Map<string, ServiceStatus>();
  private readonly socket: WebSocket;
  private readonly wake = new Set<() => void>();

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer) => this.hear(JSON.parse(data.toString("utf8")) as ServerMessage));
  }

  /** Opens one at the address of a hub that asks nobody who he is. */
  static async open(address: string): Promise<StatusWatch> {
    const socket = new WebSocket(`${address.replace("http", "ws")}/ws`);
    const watch = new StatusWatch(socket);
    await once(socket, "open");
    socket.send(JSON.stringify({ type: "subscribe", topics: ["services"] }));
    return watch;
  }

  /** The service's row as soon as it is as wanted. Rejects, with the row as it is, after 20 s. */
  async until(name: string, wanted: (status: ServiceStatus) => boolean): Promise<ServiceStatus> {
    const late = new AbortController();
    const deadline = delay(PATIENCE, undefined, { signal: late.signal }).then(
      () => Promise.reject(new Error(`${name} did not get there: ${JSON.stringify(this.rows.get(name))}`)),
      () => undefined,
    );
    try {
      for (;;) {
        const row = this.rows.get(name);
        if (row !== undefined && wanted(row)) return row;
        const { promise, resolve } = Promise.withResolvers<undefined>();
        this.wake.add(() => resolve(undefined));
        await Promise.race([promise, deadline]);
      }
    } finally {
      late.abort();
    }
  }

  [Symbol.dispose](): void {
    this.socket.terminate();
  }

  private hear(message: ServerMessage): void {
    if (message.type === "snapshot") for (const row of message.data.statuses) this.rows.set(row.name, row);
    else if (message.type === "status_changed") for (const row of message.data) this.rows.set(row.name, row);
    else return;
    for (const wake of this.wake) wake();
    this.wake.clear();
  }
}
