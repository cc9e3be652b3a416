// Starts `fixtures/hub-server.ts`: a hub in a process of its own, to be killed.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { endChild } from "./processes.ts";

const server = join(import.meta.dirname, "../fixtures/hub-server.ts");

/** A hub without agents and without authentication on loopback. */
export class HubProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly address: string;

  private constructor(child: ChildProcess, address: string) {
    this.child = child;
    this.address = address;
  }

  /** Resolves when it listens; rejects with what it said when it ends instead. */
  static async start(dataDir: string, port = 0): Promise<HubProcess> {
    const child = spawn(process.execPath, [server, dataDir, String(port)], { stdio: ["ignore", "pipe", "pipe"] });
    let complaint = "";
    child.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
    const address = await Promise.race([
      once(child.stdout, "data").then(([said]) => String(said).trim()),
      once(child, "close").then(() => undefined),
    ]);
    if (address === undefined) throw new Error(`The hub ended: ${complaint}`);
    return new HubProcess(child, address);
  }

  /** The answer, whatever its status; rejects when the hub dies over it. */
  async request(method: string, path: string, body?: object): Promise<{ status: number; answer: unknown }> {
    const response = await fetch(this.address + path, {
      method,
      headers: { "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, answer: await response.json() };
  }

  /** As a person ends it: what is in memory is written. */
  end(): Promise<void> {
    return endChild(this.child, "SIGTERM");
  }

  kill(): Promise<void> {
    return endChild(this.child, "SIGKILL");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
