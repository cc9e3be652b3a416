// Lets agents in: a socket at /agent may say two things, `hello` and `join`, and only a signature by the key that was pinned at its
// enrolment makes it a session. Until then it can cost us little: small messages, and not for long.
import type { Clock } from "../../base/clock.ts";
import { KIB, MIB, SECOND } from "../../base/units.ts";
import { TailherdError } from "../../contract/errors.ts";
import { hubMethods, LINK_CLOSED, type HubParams, linkTranscript, versionsAgree } from "../../contract/link.ts";
import type { Channel } from "../../runtime/link/channel.ts";
import { makeNonce, signerOf, verifyText } from "../../runtime/link/keys.ts";
import { RpcPeer } from "../../runtime/link/rpc-peer.ts";
import { SocketChannel } from "../../runtime/link/socket-channel.ts";
import type { Logger } from "../../runtime/logger.ts";
import { VERSION } from "../../runtime/version.ts";
import type { WebSocket } from "ws";
import type { HubIdentity } from "../store/store.ts";
import { AgentSession, type SessionEar } from "./agent-session.ts";
import type { ServerBook } from "./server-book.ts";

/** Bytes of a message before and after an agent has proved who it is. Rows of many processes are the largest there are. */
const STRANGER_BYTES = 8 * KIB;
/** ws refuses larger ones by itself. */
export const AGENT_BYTES = MIB;
const PROOF_DEADLINE = 5 * SECOND;

export interface LinkGateOptions {
  identity: HubIdentity;
  book: ServerBook;
  ear: SessionEar;
  clock: Clock;
  logger: Logger;
  /** A session begins: its journal's state is asked here, and it is used from then on. */
  joined(session: AgentSession, join: HubParams<"join">, version: string): void;
  /** It ended. */
  left(session: AgentSession): void;
}

export class LinkGate {
  private readonly options: LinkGateOptions;
  private readonly sign: (text: string) => string;

  constructor(options: LinkGateOptions) {
    this.options = options;
    this.sign = signerOf(options.identity.private_key);
  }

  /** A socket that was opened at /agent. */
  accept(socket: WebSocket): void {
    let joined = false;
    const channel = new SocketChannel(socket, (bytes) => joined || bytes <= STRANGER_BYTES);
    this.greet(channel, () => (joined = true));
  }

  /** The agent in this process needs no proof. */
  acceptLocal(channel: Channel, server: { id: string; name: string }): AgentSession {
    const { clock, ear } = this.options;
    const session = new AgentSession({ server, remote: false, ear, clock });
    const peer = this.peerOf(channel, {
      handle: (method, params) => {
        if (method !== "join") return session.rpc.handle(method, params, NEVER);
        return Promise.resolve(this.begin(session, params as HubParams<"join">, VERSION));
      },
      hear: (method, params) => session.rpc.hear(method, params),
    });
    session.attach(peer);
    channel.closed.on(() => this.options.left(session));
    return session;
  }

  private greet(channel: SocketChannel, trust: () => void): void {
    const { clock, logger } = this.options;
    let hello: { params: HubParams<"hello">; nonce: string } | undefined;
    let session: AgentSession | undefined;
    const timer = clock.after(PROOF_DEADLINE, () =>
      channel.close(LINK_CLOSED.refused, "it did not say who it is in time"),
    );
    const refuse = (error: TailherdError, code: number): Promise<never> => {
      logger.warn({ server: hello?.params.server_id, reason: error.message }, "an agent was not let in");
      // The answer goes out first.
      setImmediate(() => channel.close(code, error.message));
      return Promise.reject(error);
    };
    const peer = this.peerOf(channel, {
      handle: (method, params, signal) => {
        if (session !== undefined) return session.rpc.handle(method, params, signal);
        if (method === "hello" && hello === undefined) {
          const parsed = hubMethods.hello.params.safeParse(params);
          if (!parsed.success) return refuse(notAnAgent(), LINK_CLOSED.refused);
          hello = { params: parsed.data, nonce: makeNonce() };
          return versionsAgree(VERSION, parsed.data.version)
            ? Promise.resolve(this.introduce(hello))
            : refuse(differentVersions(parsed.data.version), LINK_CLOSED.version);
        }
        const join = hubMethods.join.params.safeParse(params);
        if (method !== "join" || hello === undefined || !join.success) return refuse(notAnAgent(), LINK_CLOSED.refused);
        const server = this.prove(hello, join.data.signature);
        if (server === undefined) return refuse(notAnAgent(), LINK_CLOSED.refused);
        timer.cancel();
        trust();
        session = new AgentSession({ server, remote: true, ear: this.options.ear, clock });
        session.attach(peer);
        return Promise.resolve(this.begin(session, join.data, hello.params.version));
      },
      hear: (method, params) => session?.rpc.hear(method, params),
    });
    channel.closed.on(() => {
      timer.cancel();
      if (session !== undefined) this.options.left(session);
    });
  }

  private peerOf(
    channel: Channel,
    server: { handle: RpcHandle; hear: (method: string, params: unknown) => void },
  ): RpcPeer {
    const { clock, logger } = this.options;
    const failed = (error: unknown, method: string): void =>
      logger.error({ err: error, method }, "Cannot take in what an agent told");
    return new RpcPeer(channel, { ...server, failed }, clock);
  }

  private introduce({ params, nonce }: { params: HubParams<"hello">; nonce: string }): object {
    const { identity } = this.options;
    const about = { hubId: identity.id, serverId: params.server_id, agentNonce: params.nonce, hubNonce: nonce };
    const signature = this.sign(linkTranscript("hub", about));
    return { hub_id: identity.id, version: VERSION, nonce, signature };
  }

  /** The server that this signature proves; undefined for a wrong one, an unknown server, and one whose key was taken back. */
  private prove(
    { params, nonce }: { params: HubParams<"hello">; nonce: string },
    signature: string,
  ): { id: string; name: string } | undefined {
    const { identity, book } = this.options;
    const server = book.storedOf(params.server_id);
    if (server?.public_key == null) return undefined;
    const about = { hubId: identity.id, serverId: server.id, agentNonce: params.nonce, hubNonce: nonce };
    if (!verifyText(server.public_key, linkTranscript("agent", about), signature)) return undefined;
    return { id: server.id, name: server.name };
  }

  private begin(session: AgentSession, join: HubParams<"join">, version: string): object {
    this.options.joined(session, join, version);
    const { journal, seq } = session.confirmed;
    return { confirmed: journal === join.journal ? seq : 0, tasks: true, at: this.options.clock.now() };
  }
}

type RpcHandle = (method: string, params: unknown, signal: AbortSignal) => Promise<unknown> | undefined;
const NEVER = new AbortController().signal;

/** Says nothing of what was wrong: a key, an id, or that they do not belong together. */
function notAnAgent(): TailherdError {
  return new TailherdError("unauthenticated", "not an agent of this hub (any more): enrol it with a join token");
}

function differentVersions(agent: string): TailherdError {
  return new TailherdError(
    "version_differs",
    `this hub is version ${VERSION} and the agent ${agent.slice(0, 32)}: they may be one minor release apart; upgrade the older one`,
  );
}
