// HTTP/1.1 over a unix socket, no more of it than our own hub speaks. Loading node:http takes longer (40 ms) than everything
// else that `tailherd ps` does; hubs elsewhere are reached with it all the same (client-http.ts).
import { connect, type Socket } from "node:net";

/** One request. */
export interface WireRequest {
  method: string;
  /** Path with query. */
  path: string;
  headers: Record<string, string>;
  body?: Buffer | undefined;
  signal?: AbortSignal | undefined;
  /** Milliseconds until the answer must have begun. */
  timeout?: number | undefined;
}

/** An answer whose body is still coming. Read `body` to its end, or call `destroy`. */
export interface WireResponse {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: AsyncIterable<Buffer>;
  destroy(): void;
}

/** Rejects with the socket's error (`code`), with code ETIMEDOUT, or with what the signal was aborted for. */
export async function requestOverSocket(socketPath: string, request: WireRequest): Promise<WireResponse> {
  request.signal?.throwIfAborted();
  const socket = connect(socketPath);
  const abort = (): void => void socket.destroy(request.signal?.reason as Error);
  request.signal?.addEventListener("abort", abort, { once: true });
  const timer =
    request.timeout === undefined ? undefined : setTimeout(() => socket.destroy(timedOut()), request.timeout);
  socket.once("close", () => {
    clearTimeout(timer);
    request.signal?.removeEventListener("abort", abort);
  });
  socket.write(headText(request));
  if (request.body !== undefined) socket.write(request.body);
  const input = new Input(socket);
  try {
    const { status, headers } = await readHead(input);
    clearTimeout(timer);
    return { status, headers, body: readBody(input, status, headers), destroy: () => void socket.destroy() };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function headText({ method, path, headers, body }: WireRequest): string {
  const length = body === undefined ? {} : { "content-length": String(body.length) };
  const all = { host: "localhost", connection: "close", ...headers, ...length };
  // A line break in a value would begin another header.
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value.replaceAll(/[\r\n]/g, " ")}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** What came over the socket and has not been read yet. */
class Input {
  private readonly chunks: AsyncIterator<Buffer>;
  private readonly socket: Socket;
  private rest: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.socket = socket;
    this.chunks = (socket as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  /** The next bytes, at most `most`; undefined at the end. */
  async some(most = Number.POSITIVE_INFINITY): Promise<Buffer | undefined> {
    if (this.rest.length === 0 && !(await this.more())) return undefined;
    const taken = this.rest.subarray(0, Math.min(most, this.rest.length));
    this.rest = this.rest.subarray(taken.length);
    return taken;
  }

  /** A line without its CRLF. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.rest.indexOf("\r\n");
      if (end >= 0) {
        const text = this.rest.toString("latin1", 0, end);
        this.rest = this.rest.subarray(end + 2);
        return text;
      }
      if (!(await this.more())) throw cutOff();
    }
  }

  close(): void {
    this.socket.destroy();
  }

  private async more(): Promise<boolean> {
    const next = await this.chunks.next();
    if (next.done === true) return false;
    this.rest = this.rest.length === 0 ? next.value : Buffer.concat([this.rest, next.value]);
    return true;
  }
}

async function readHead(input: Input): Promise<{ status: number; headers: Record<string, string> }> {
  for (;;) {
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(await input.line())?.[1]);
    if (Number.isNaN(status)) throw Object.assign(new Error("what answers there is not a hub"), { code: "EPROTO" });
    const headers: Record<string, string> = {};
    for (let line = await input.line(); line !== ""; line = await input.line()) {
      const colon = line.indexOf(":");
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
    }
    if (status >= 200) return { status, headers };
  }
}

async function* readBody(input: Input, status: number, headers: Record<string, string>): AsyncGenerator<Buffer> {
  try {
    if (status === 204 || status === 304) return;
    if (headers["transfer-encoding"]?.toLowerCase() === "chunked") {
      for (;;) {
        const size = Number.parseInt(await input.line(), 16);
        if (size === 0) return;
        if (Number.isNaN(size)) throw cutOff();
        yield* readExactly(input, size);
        await input.line();
      }
    }
    const length = headers["content-length"];
    if (length !== undefined) {
      yield* readExactly(input, Number(length));
      return;
    }
    for (let chunk = await input.some(); chunk !== undefined; chunk = await input.some()) yield chunk;
  } finally {
    input.close();
  }
}

async function* readExactly(input: Input, size: number): AsyncGenerator<Buffer> {
  for (let left = size; left > 0;) {
    const chunk = await input.some(left);
    if (chunk === undefined) throw cutOff();
    left -= chunk.length;
    yield chunk;
  }
}

function cutOff(): Error {
  return Object.assign(new Error("the connection was closed before the answer was whole"), { code: "ECONNRESET" });
}

function timedOut(): Error {
  return Object.assign(new Error("no answer came in time"), { code: "ETIMEDOUT" });
}
