// JSON-RPC 2.0 over a channel, both ways: requests with deadlines, answers, notices, and a notice that takes a request back. Knows no
// methods; the tables of the contract give names and shapes.
import type { Clock } from "../../base/clock.ts";
import { ERRORS, TailherdError, type ErrorCode } from "../../contract/errors.ts";
import type { Channel, ChannelEnd } from "./channel.ts";

/** Sent by who gave up waiting; the other side may stop working on it. */
const CANCEL = "$/cancel";
/** JSON-RPC's code for errors of the application; ours stands in `data.code`. */
const APPLICATION_ERROR = -32_000;
const METHOD_NOT_FOUND = -32_601;

type Id = number | string;
type RpcError = { code: number; message: string; data?: unknown };
interface RpcMessage {
  jsonrpc?: unknown;
  id?: unknown;
  method?: unknown;
  params?: unknown;
  result?: unknown;
  error?: RpcError;
}

/** What the other side may ask and tell. */
export interface RpcServer {
  /** Answers a request, or rejects: a `TailherdError` is told as it is, anything else as `internal`. Undefined for an unknown method. */
  handle(method: string, params: unknown, signal: AbortSignal): Promise<unknown> | undefined;
  /** Hears a notice. */
  hear(method: string, params: unknown): void;
  /** A mistake of ours, while answering or hearing. */
  failed(error: unknown, method: string): void;
}

/** How a request is made. */
export interface RequestOptions {
  signal?: AbortSignal | undefined;
  /** Milliseconds after which it rejects with `timed_out`. */
  deadline?: number | undefined;
}

interface Pending {
  method: string;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** One side of a link. */
export class RpcPeer {
  private readonly channel: Channel;
  private readonly server: RpcServer;
  private readonly clock: Clock;
  private readonly pending = new Map<Id, Pending>();
  private readonly answering = new Map<Id, AbortController>();
  private readonly listening = new DisposableStack();
  private sent = 0;
  private end: ChannelEnd | undefined;

  constructor(channel: Channel, server: RpcServer, clock: Clock) {
    this.channel = channel;
    this.server = server;
    this.clock = clock;
    this.listening.use(channel.closed.on((how) => this.closed(how)));
    // Not within the constructor's turn: whoever makes the peer has to know it before it hears from it.
    queueMicrotask(() => channel.start((message) => this.receive(message)));
  }

  /**
   * Asks and waits for the answer. Rejects with the other side's error, `timed_out` after the deadline, `agent_away` when the channel
   * closes first, or the signal's reason; in the last two cases it may or may not have been done.
   */
  request(method: string, params: object, options: RequestOptions = {}): Promise<unknown> {
    const { signal, deadline } = options;
    if (this.end !== undefined) return Promise.reject(gone(method, this.end));
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    const id = (this.sent += 1);
    return new Promise((resolve, reject) => {
      const giveUp = (reason: Error): void => {
        this.channel.send({ jsonrpc: "2.0", method: CANCEL, params: { id } });
        settle();
        reject(reason);
      };
      const timer =
        deadline === undefined ? undefined : this.clock.after(deadline, () => giveUp(late(method, deadline)));
      const aborted = (): void => giveUp(signal?.reason as Error);
      const settle = (): void => {
        this.pending.delete(id);
        timer?.cancel();
        signal?.removeEventListener("abort", aborted);
      };
      signal?.addEventListener("abort", aborted, { once: true });
      this.pending.set(id, {
        method,
        resolve(result) {
          settle();
          resolve(result);
        },
        reject(error) {
          settle();
          reject(error);
        },
      });
      this.channel.send({ jsonrpc: "2.0", id, method, params });
    });
  }

  /** Tells without waiting. */
  notify(method: string, params: object): void {
    this.channel.send({ jsonrpc: "2.0", method, params });
  }

  /** Ends it from this side. */
  close(code: number, reason: string): void {
    this.channel.close(code, reason);
  }

  private receive(raw: unknown): void {
    if (this.end !== undefined) return;
    if (typeof raw !== "object" || raw === null) return this.close(1002, "a message was no object");
    const message: RpcMessage = raw;
    if (typeof message.method === "string") {
      if (isId(message.id)) void this.answer(message.id, message.method, message.params ?? {});
      else if (message.method === CANCEL) this.cancel(message.params);
      else this.hear(message.method, message.params ?? {});
      return;
    }
    const pending = isId(message.id) ? this.pending.get(message.id) : undefined;
    // An answer that nobody waits for any more came after its deadline.
    if (pending === undefined) return;
    if (message.error === undefined) pending.resolve(message.result);
    else pending.reject(toError(message.error));
  }

  private hear(method: string, params: unknown): void {
    try {
      this.server.hear(method, params);
    } catch (error) {
      this.server.failed(error, method);
    }
  }

  private async answer(id: Id, method: string, params: unknown): Promise<void> {
    const giveUp = new AbortController();
    this.answering.set(id, giveUp);
    try {
      const working = this.server.handle(method, params, giveUp.signal);
      if (working === undefined) {
        const error: RpcError = { code: METHOD_NOT_FOUND, message: `there is no method "${method.slice(0, 64)}"` };
        return this.channel.send({ jsonrpc: "2.0", id, error });
      }
      this.channel.send({ jsonrpc: "2.0", id, result: (await working) ?? {} });
    } catch (error) {
      if (!(error instanceof TailherdError)) this.server.failed(error, method);
      this.channel.send({ jsonrpc: "2.0", id, error: fromError(error) });
    } finally {
      this.answering.delete(id);
    }
  }

  private cancel(params: unknown): void {
    const id = typeof params === "object" && params !== null && "id" in params ? params.id : undefined;
    if (isId(id)) this.answering.get(id)?.abort(new Error("the other side gave up waiting"));
  }

  private closed(how: ChannelEnd): void {
    this.end = how;
    this.listening.dispose();
    // Each takes itself out of the map, which its iterator allows.
    for (const pending of this.pending.values()) pending.reject(gone(pending.method, how));
    for (const answering of this.answering.values()) answering.abort(new Error("the link closed"));
  }
}

function isId(id: unknown): id is Id {
  return typeof id === "number" || typeof id === "string";
}

function words(method: string): string {
  return method.replaceAll("_", " ");
}

function late(method: string, deadline: number): TailherdError {
  return new TailherdError("timed_out", `Cannot ${words(method)}: there was no answer within ${deadline / 1000} s`);
}

function gone(method: string, { code, reason }: ChannelEnd): TailherdError {
  const why = reason === "" ? `code ${code}` : reason;
  return new TailherdError("agent_away", `Cannot ${words(method)}: the link is closed (${why})`);
}

function fromError(error: unknown): RpcError {
  if (error instanceof TailherdError) {
    return { code: APPLICATION_ERROR, message: error.message, data: { code: error.code, issues: error.issues } };
  }
  return { code: APPLICATION_ERROR, message: "Something of ours broke", data: { code: "internal" } };
}

/** A method that the other side does not have, being older, is as final as a bad parameter. */
function toError({ code, message, data }: RpcError): TailherdError {
  const facts = (typeof data === "object" && data !== null ? data : {}) as { code?: unknown; issues?: unknown };
  const known = typeof facts.code === "string" && Object.hasOwn(ERRORS, facts.code);
  const issues = Array.isArray(facts.issues) ? (facts.issues as { path: string; message: string }[]) : [];
  const otherwise = code === METHOD_NOT_FOUND ? "invalid" : "internal";
  return new TailherdError(known ? (facts.code as ErrorCode) : otherwise, message, { issues });
}
