// Starts a hub for a test: real store in a directory of its own, free ports, a fake agent unless another is given; everything is gone
// when the test ends.
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WebSocket, type ClientOptions } from "ws";
import type { ServerMessage } from "../../src/contract/live.ts";
import { startHub, type Hub, type HubOptions } from "../../src/hub/hub.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { FakeAgent } from "./fake-agent.ts";

/** What a hub answered. */
export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The body as JSON; undefined when it is none. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of any shape
  json: any;
}

/** What a test sends. */
export interface RequestInput {
  body?: unknown;
  /** Instead of `body`: as it stands. */
  raw?: string | Buffer;
  headers?: Record<string, string>;
  token?: string;
  /** Over the unix socket, where the caller is admin. */
  socket?: boolean;
}

/** A hub and ways to talk to it. */
export interface TestHub extends AsyncDisposable {
  hub: Hub;
  agent: FakeAgent;
  dataDir: string;
  url: string;
  port: number;
  /** "METHOD /path" with any headers; never rejects for a status. */
  request(key: string, input?: RequestInput): Promise<Reply>;
  /** An open socket and what it hears. */
  connect(options?: ClientOptions & { path?: string }): Promise<LiveProbe>;
}

/** Starts one. Without `noAuth: false` everybody is admin. */
export async function startTestHub({
  agent = new FakeAgent(),
  ...options
}: Partial<HubOptions> & { agent?: FakeAgent } = {}): Promise<TestHub> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "tailherd-hub-")));
  const forget = async (): Promise<void> => {
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  const hub = await startHub({
    local: agent.local,
    listen: [{ host: "127.0.0.1", port: 0 }],
    noAuth: true,
    logger: silentLogger,
    checkAnswers: true,
    ...options,
    dataDir,
  }).catch(async (error: unknown) => {
    await forget();
    throw error;
  });
  const url = hub.addresses[0] ?? "";
  const probes: LiveProbe[] = [];
  return {
    hub,
    agent,
    dataDir,
    url,
    port: Number(new URL(url).port),
    request: (key, input = {}) => send(hub, url, key, input),
    async connect({ path = "/ws", ...socketOptions } = {}) {
      const probe = await openProbe(`${url.replace("http", "ws")}${path}`, socketOptions);
      probes.push(probe);
      return probe;
    },
    async [Symbol.asyncDispose]() {
      for (const probe of probes) probe.socket.terminate();
      await hub.close();
      await forget();
    },
  };
}

async function send(hub: Hub, url: string, key: string, input: RequestInput): Promise<Reply> {
  const space = key.indexOf(" ");
  const content = input.raw ?? (input.body === undefined ? undefined : JSON.stringify(input.body));
  const request = httpRequest({
    method: key.slice(0, space),
    path: key.slice(space + 1),
    agent: false,
    ...(input.socket === true
      ? { socketPath: hub.socketPath }
      : { host: new URL(url).hostname, port: new URL(url).port }),
    headers: {
      ...(input.socket === true && { host: "localhost" }),
      ...(content !== undefined && {
        "content-type": "application/json",
        "content-length": String(Buffer.byteLength(content)),
      }),
      ...(input.token !== undefined && { authorization: `Bearer ${input.token}` }),
      ...input.headers,
    },
  });
  const answered = once(request, "response");
  request.end(content);
  const [response] = await answered;
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  return { status: response.statusCode ?? 0, headers: response.headers, text, json: parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A socket of /ws that keeps what it heard. */
export class LiveProbe {
  readonly socket: WebSocket;
  readonly messages: ServerMessage[] = [];
  private waiting: { fits: (message: ServerMessage) => boolean; resolve: (message: ServerMessage) => void }[] = [];

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer) => {
      const message = JSON.parse(data.toString("utf8")) as ServerMessage;
      this.messages.push(message);
      const served = this.waiting.filter(({ fits }) => fits(message));
      this.waiting = this.waiting.filter((each) => !served.includes(each));
      for (const { resolve } of served) resolve(message);
    });
  }

  send(message: unknown): void {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /** The next message of a type that fits, from now on. */
  next<T extends ServerMessage["type"]>(
    type: T,
    fits: (message: Extract<ServerMessage, { type: T }>) => boolean = () => true,
  ): Promise<Extract<ServerMessage, { type: T }>> {
    type Wanted = Extract<ServerMessage, { type: T }>;
    return new Promise((resolve) => {
      this.waiting.push({
        fits: (message) => message.type === type && fits(message as Wanted),
        resolve: (message) => resolve(message as Wanted),
      });
    });
  }

  /** Subscribes, and resolves with the snapshot. */
  async subscribe(...topics: string[]): Promise<Extract<ServerMessage, { type: "snapshot" }> | undefined> {
    const snapshot = topics.includes("services") ? this.next("snapshot") : undefined;
    this.send({ type: "subscribe", topics });
    return await snapshot;
  }

  /** The code with which the hub closes it. */
  async closed(): Promise<number> {
    const [code] = (await once(this.socket, "close")) as [number];
    return code;
  }
}

async function openProbe(url: string, options: ClientOptions): Promise<LiveProbe> {
  const socket = new WebSocket(url, options);
  const probe = new LiveProbe(socket);
  await once(socket, "open");
  return probe;
}
