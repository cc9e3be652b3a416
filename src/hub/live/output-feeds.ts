// Output of services on its way to those who follow it: one subscription at the agent for each follower's key, shared where followers
// want the same, and ended with the last of them.
import { randomUUID } from "node:crypto";
import type { AgentParams } from "../../contract/agent.ts";
import type { Agents } from "../agents/agents.ts";
import type { Intake, OutputNotice } from "../agents/intake.ts";
import type { Deployment } from "../services/deployment.ts";

/** What a follower hears. */
export type OutputListener = (notice: OutputNotice) => void;

interface Feed {
  subscription: string;
  /** Servers whose agents follow for it. */
  servers: readonly string[];
  listeners: Set<OutputListener>;
  /** Settles when the agents follow. */
  following: Promise<unknown>;
}

/** Of which instances. */
export interface Followed {
  service: string;
  /** Id of a server; null: all that the service is placed on. */
  server: string | null;
  index: number | null;
  /** Lines after this cursor first. */
  after?: string | undefined;
}

/** All outputs that anybody follows. */
export class OutputFeeds {
  private readonly shared = new Map<string, Feed>();
  private readonly bySubscription = new Map<string, Feed>();
  private readonly agents: Agents;
  private readonly deployment: Deployment;
  private readonly hearing: Disposable;

  constructor(agents: Agents, deployment: Deployment, intake: Intake) {
    this.agents = agents;
    this.deployment = deployment;
    this.hearing = intake.output.on((notice) => {
      for (const listener of this.bySubscription.get(notice.subscription)?.listeners ?? []) listener(notice);
    });
  }

  /** Follows all instances of a service from now on, with others. Rejects when the agent cannot. */
  async follow(service: string, listener: OutputListener): Promise<AsyncDisposable> {
    let feed = this.shared.get(service);
    if (feed === undefined) {
      feed = this.open({ service, server: null, index: null });
      this.shared.set(service, feed);
    }
    feed.listeners.add(listener);
    const leave = async (feed: Feed): Promise<void> => {
      feed.listeners.delete(listener);
      if (feed.listeners.size > 0) return;
      if (this.shared.get(service) === feed) this.shared.delete(service);
      await this.end(feed);
    };
    try {
      await feed.following;
    } catch (error) {
      await leave(feed);
      throw error;
    }
    return { [Symbol.asyncDispose]: () => leave(feed) };
  }

  /** Follows alone, from a cursor on where one is given. */
  async followFrom(followed: Followed, listener: OutputListener): Promise<AsyncDisposable> {
    const feed = this.open(followed, listener);
    try {
      await feed.following;
    } catch (error) {
      this.bySubscription.delete(feed.subscription);
      throw error;
    }
    return { [Symbol.asyncDispose]: () => this.end(feed) };
  }

  close(): void {
    this.hearing[Symbol.dispose]();
    this.bySubscription.clear();
    this.shared.clear();
  }

  private open({ service, server, index, after }: Followed, listener?: OutputListener): Feed {
    const subscription = randomUUID();
    // Known before the agents are asked: they may send lines before they answer.
    const listeners = new Set(listener === undefined ? [] : [listener]);
    const servers = server === null ? this.reached(service) : [server];
    const feed: Feed = { subscription, servers, listeners, following: Promise.resolve() };
    this.bySubscription.set(subscription, feed);
    const params: AgentParams<"follow_output"> = {
      subscription,
      service,
      index,
      ...(after !== undefined && { after }),
    };
    feed.following = Promise.all(servers.map((id) => this.agents.call(id, "follow_output", params)));
    return feed;
  }

  /** Servers of a service whose agents can be asked now; where none can, the first says so. */
  private reached(service: string): readonly string[] {
    const placed = this.deployment.serversOf(service);
    const open = placed.filter((id) => this.agents.isOpen(id));
    return open.length > 0 ? open : placed.slice(0, 1);
  }

  private async end({ subscription, servers }: Feed): Promise<void> {
    if (!this.bySubscription.delete(subscription)) return;
    // The service may be gone, and its output with it; or the server.
    await Promise.allSettled(servers.map((id) => this.agents.call(id, "unfollow_output", { subscription })));
  }
}
