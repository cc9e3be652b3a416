// Output of services on its way to those who follow it: one subscription at the agent for each follower's key, shared where followers
// want the same, and ended with the last of them.
import { randomUUID } from "node:crypto";
import type { Agents } from "../agents/agents.ts";
import type { Intake, OutputNotice } from "../agents/intake.ts";

/** What a follower hears. */
export type OutputListener = (notice: OutputNotice) => void;

interface Feed {
  subscription: string;
  listeners: Set<OutputListener>;
  /** Settles when the agent follows. */
  following: Promise<unknown>;
}

/** All outputs that anybody follows. */
export class OutputFeeds {
  private readonly shared = new Map<string, Feed>();
  private readonly bySubscription = new Map<string, Feed>();
  private readonly agents: Agents;
  private readonly hearing: Disposable;

  constructor(agents: Agents, intake: Intake) {
    this.agents = agents;
    this.hearing = intake.output.on((notice) => {
      for (const listener of this.bySubscription.get(notice.subscription)?.listeners ?? []) listener(notice);
    });
  }

  /** Follows all instances of a service from now on, with others. Rejects when the agent cannot. */
  async follow(service: string, listener: OutputListener): Promise<AsyncDisposable> {
    let feed = this.shared.get(service);
    if (feed === undefined) {
      feed = this.open({ service, index: null });
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
  async followFrom(
    service: string,
    index: number | null,
    after: string | undefined,
    listener: OutputListener,
  ): Promise<AsyncDisposable> {
    const feed = this.open({ service, index, ...(after !== undefined && { after }) }, listener);
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

  private open(params: { service: string; index: number | null; after?: string }, listener?: OutputListener): Feed {
    const subscription = randomUUID();
    // Known before the agent is asked: it may send lines before it answers.
    const listeners = new Set(listener === undefined ? [] : [listener]);
    const feed: Feed = { subscription, listeners, following: Promise.resolve() };
    this.bySubscription.set(subscription, feed);
    feed.following = this.agents.call("follow_output", { subscription, ...params });
    return feed;
  }

  private async end(feed: Feed): Promise<void> {
    if (!this.bySubscription.delete(feed.subscription)) return;
    // The service may be gone, and its output with it.
    await this.agents.call("unfollow_output", { subscription: feed.subscription }).catch(() => {});
  }
}
