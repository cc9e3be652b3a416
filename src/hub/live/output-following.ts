// Which outputs each client of /ws follows, and the messages of their lines.
import { TailherdError } from "../../contract/errors.ts";
import type { OutputNotice } from "../agents/intake.ts";
import { noSuchService, type Catalog } from "../services/catalog.ts";
import { OUTPUT } from "./client-message.ts";
import type { LiveClient } from "./live-client.ts";
import { encode } from "./messages.ts";
import type { OutputFeeds } from "./output-feeds.ts";

type Feed = Promise<AsyncDisposable | undefined>;

/** Begins and ends subscriptions at the agent for clients. */
export class OutputFollowing {
  private readonly feeds = new Map<LiveClient, Map<string, Feed>>();
  private readonly outputs: OutputFeeds;
  private readonly catalog: Catalog;

  constructor(outputs: OutputFeeds, catalog: Catalog) {
    this.outputs = outputs;
    this.catalog = catalog;
  }

  /** What cannot be followed is told to the client. */
  begin(client: LiveClient, service: string): void {
    const refuse = (error: unknown): undefined => {
      client.topics.delete(`${OUTPUT}${service}`);
      this.feeds.get(client)?.delete(service);
      const words = error instanceof TailherdError ? error.message : "something of ours broke";
      client.reply(encode({ type: "error", detail: `Cannot follow the output of "${service}": ${words}` }));
    };
    if (this.catalog.get(service) === undefined) return refuse(noSuchService(service));
    const feeds = this.feeds.get(client) ?? new Map<string, Feed>();
    this.feeds.set(client, feeds);
    const listener = (notice: OutputNotice): void => sendOutput(client, notice);
    feeds.set(service, this.outputs.follow(service, listener).catch(refuse));
  }

  end(client: LiveClient, service: string): void {
    const feeds = this.feeds.get(client);
    const feed = feeds?.get(service);
    feeds?.delete(service);
    client.forgetOutput(service);
    void feed?.then((following) => following?.[Symbol.asyncDispose]());
  }

  /** The client is gone. */
  async forget(client: LiveClient): Promise<void> {
    const feeds = this.feeds.get(client);
    this.feeds.delete(client);
    for (const feed of feeds?.values() ?? []) await (await feed)?.[Symbol.asyncDispose]();
  }
}

/** Serialised messages of a notice, shared by the clients that hear it one after the other. */
const shared = new WeakMap<OutputNotice, Buffer>();

function sendOutput(client: LiveClient, notice: OutputNotice): void {
  const { service, server_id, index, lines } = notice;
  const make = (skipped: number): Buffer =>
    encode({ type: "output", data: { service, server_id, index, lines, skipped } });
  const common = (): Buffer => {
    const known = shared.get(notice) ?? make(0);
    shared.set(notice, known);
    return known;
  };
  client.sendOutput(`${service}\0${server_id}\0${index}`, lines.length, common, make);
}
