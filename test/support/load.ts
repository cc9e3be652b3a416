// Clients that ask a server again and again, each time over a new connection, and count what became of it.
import { connect } from "node:net";

/** What became of the requests so far. */
export interface Tally {
  asked: number;
  answered: number;
  /** The connection was refused: nobody listened. */
  refused: number;
  /** Why others got no whole answer. */
  broken: string[];
  /** Milliseconds that the slowest answer took. */
  slowest: number;
  /** Who answered, as the bodies said it. */
  by: Set<string>;
}

/** Requests at a steady pace, whether those before are answered or not. */
export class Load {
  readonly tally: Tally = { asked: 0, answered: 0, refused: 0, broken: [], slowest: 0, by: new Set() };
  private readonly port: number;
  private readonly timers: NodeJS.Timeout[];
  private readonly open = new Set<Promise<void>>();
  /** Settled, and made anew, when somebody answered who had not before. */
  private newcomer = Promise.withResolvers<void>();

  /** Each of `clients` begins a request every `every` milliseconds. */
  constructor(port: number, { clients, every }: { clients: number; every: number }) {
    this.port = port;
    this.timers = Array.from({ length: clients }, () => setInterval(() => this.begin(), every));
  }

  /** Resolves once so many different ones have answered. */
  async untilServedBy(count: number): Promise<void> {
    while (this.tally.by.size < count) await this.newcomer.promise;
  }

  /** Begins no more, and answers when all are over. */
  async end(): Promise<Tally> {
    for (const timer of this.timers) clearInterval(timer);
    await Promise.all(this.open);
    return this.tally;
  }

  private begin(): void {
    const asked = this.ask();
    this.open.add(asked);
    void asked.finally(() => this.open.delete(asked));
  }

  private async ask(): Promise<void> {
    const { tally } = this;
    tally.asked += 1;
    const began = performance.now();
    try {
      const body = await askOnce(this.port);
      tally.answered += 1;
      tally.slowest = Math.max(tally.slowest, performance.now() - began);
      if (tally.by.has(body)) return;
      tally.by.add(body);
      this.newcomer.resolve();
      this.newcomer = Promise.withResolvers();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      if (code === "ECONNREFUSED") tally.refused += 1;
      else tally.broken.push(code);
    }
  }
}

/** The body of one answer; rejects with the system's error, or when the answer is not whole. */
export function askOnce(port: number, host = "127.0.0.1"): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host);
    let text = "";
    socket.setEncoding("utf8");
    socket.on("connect", () => socket.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
    socket.on("data", (data: string) => (text += data));
    socket.on("error", reject);
    socket.on("close", () => {
      const body = /^HTTP\/1\.[01] 200 [^]*?\r\n\r\n([^]*)$/.exec(text)?.[1];
      if (body?.includes("hello from") === true) resolve(body);
      else reject(new Error(`no whole answer: ${JSON.stringify(text)}`));
    });
  });
}
