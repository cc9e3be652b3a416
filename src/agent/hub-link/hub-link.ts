// The agent's end of the link to its hub, over whatever carries it:
//
//   away ──a channel──► greeting ──hello, join──► linked ──closed, or heartbeats unanswered──► away
//
// Greeting is skipped where nothing needs proof (one process). Linked: the hub's methods are answered, the outbox tells.
import { SECOND } from "../../base/units.ts";
import type { Clock } from "../../base/clock.ts";
import { type AgentHandlers, type AgentMethod, agentMethods } from "../../contract/agent.ts";
import { TailherdError, toFieldIssues } from "../../contract/errors.ts";
import {
  type HubMethod,
  hubMethods,
  type HubParams,
  type HubResult,
  LINK_CLOSED,
  LINK_PROTOCOL,
  linkTranscript,
  versionsAgree,
} from "../../contract/link.ts";
import type { Channel, ChannelEnd } from "../../runtime/link/channel.ts";
import { makeNonce, signText, verifyText } from "../../runtime/link/keys.ts";
import { RpcPeer } from "../../runtime/link/rpc-peer.ts";
import type { Logger } from "../../runtime/logger.ts";
import { VERSION } from "../../runtime/version.ts";
import type { Journal } from "../journal/journal.ts";
import type { Outbox, Outlet } from "./outbox.ts";

const GREETING_DEADLINE = 10 * SECOND;

/** What an agent proves itself with, and knows its hub by. */
export interface Pinned {
  serverId: string;
  privateKey: string;
  hubId: string;
  hubKey: string;
}

export interface HubLinkOptions {
  handlers: AgentHandlers;
  outbox: Outbox;
  journal: Journal;
  /** What it tells the hub of itself. */
  facts: { locked: boolean; allow_run: boolean };
  clock: Clock;
  logger: Logger;
}

export class HubLink {
  private readonly options: HubLinkOptions;
  private peer: RpcPeer | undefined;

  constructor(options: HubLinkOptions) {
    this.options = options;
  }

  /**
   * Serves a channel until it closes; resolves to how it ended. With `pinned` both sides prove who they are first: a hub that
   * cannot is not obeyed. `linked` is called when it is.
   */
  async serve(channel: Channel, pinned: Pinned | null, linked: () => void = () => undefined): Promise<ChannelEnd> {
    const { clock, outbox } = this.options;
    const ended = Promise.withResolvers<ChannelEnd>();
    channel.closed.on(ended.resolve);
    // Until the hub has proved who it is, it is not answered.
    let trusted = pinned === null;
    const peer = new RpcPeer(
      channel,
      {
        handle: (method, params, signal) =>
          trusted ? this.answer(method, params, signal, pinned !== null) : undefined,
        hear: () => undefined,
        failed: (error, method) => this.options.logger.error({ error: String(error), method }, "cannot answer the hub"),
      },
      clock,
    );
    this.peer = peer;
    const outlet: Outlet = {
      get backlog() {
        return channel.backlog;
      },
      ask: (method, params, deadline) => ask(peer, method, params, deadline),
      notify: (notice, data) => peer.notify(notice, data),
      dead: (why) => peer.close(1000, why),
    };
    try {
      const { confirmed, tasks } = await this.greet(peer, pinned, () => (trusted = true));
      outbox.open(outlet, confirmed, tasks);
      linked();
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      ended.resolve({ code: closeCodeOf(error), reason: words });
      peer.close(LINK_CLOSED.refused, words);
    }
    const end = await ended.promise;
    outbox.shut(outlet);
    if (this.peer === peer) this.peer = undefined;
    return end;
  }

  close(): void {
    this.peer?.close(1001, "the agent closes");
  }

  /** Resolves to what the hub has of the journal, and what it takes. */
  private async greet(
    peer: RpcPeer,
    pinned: Pinned | null,
    trust: () => void,
  ): Promise<Pick<HubResult<"join">, "confirmed" | "tasks">> {
    const { journal, facts, clock } = this.options;
    let signature = "";
    if (pinned !== null) {
      const nonce = makeNonce();
      const hello = { protocol: LINK_PROTOCOL, version: VERSION, server_id: pinned.serverId, nonce };
      const answer = hubMethods.hello.result.parse(await ask(peer, "hello", hello, GREETING_DEADLINE));
      if (!versionsAgree(VERSION, answer.version)) throw differentVersions(answer.version);
      const about = { hubId: pinned.hubId, serverId: pinned.serverId, agentNonce: nonce, hubNonce: answer.nonce };
      if (
        answer.hub_id !== pinned.hubId ||
        !verifyText(pinned.hubKey, linkTranscript("hub", about), answer.signature)
      ) {
        throw new TailherdError(
          "unauthenticated",
          "this is not the hub that this agent enrolled with: its key is another one (enrol again if the hub was set up anew)",
        );
      }
      signature = signText(pinned.privateKey, linkTranscript("agent", about));
    }
    trust();
    const join = { signature, at: clock.now(), ...facts, journal: journal.id };
    return hubMethods.join.result.parse(await ask(peer, "join", join, GREETING_DEADLINE));
  }

  private answer(method: string, params: unknown, signal: AbortSignal, check: boolean): Promise<unknown> | undefined {
    if (!Object.hasOwn(agentMethods, method)) return undefined;
    const name = method as AgentMethod;
    const handler = this.options.handlers[name] as (params: unknown, signal: AbortSignal) => Promise<unknown>;
    // What comes from this very process has its type already.
    if (!check) return handler(params, signal);
    const parsed = agentMethods[name].params.safeParse(params);
    if (parsed.success) return handler(parsed.data, signal);
    return Promise.reject(
      new TailherdError("invalid", `Cannot ${method}: the hub sent what this agent does not take`, {
        issues: toFieldIssues(parsed.error),
      }),
    );
  }
}

async function ask<M extends HubMethod>(
  peer: RpcPeer,
  method: M,
  params: HubParams<M>,
  deadline: number,
): Promise<HubResult<M>> {
  return (await peer.request(method, params, { deadline })) as HubResult<M>;
}

function differentVersions(hub: string): TailherdError {
  return new TailherdError(
    "version_differs",
    `this agent is version ${VERSION} and the hub ${hub}: they may be one minor release apart; upgrade the older one`,
  );
}

function closeCodeOf(error: unknown): number {
  if (!(error instanceof TailherdError)) return 1006;
  if (error.code === "version_differs") return LINK_CLOSED.version;
  return error.code === "unauthenticated" ? LINK_CLOSED.refused : 1006;
}
