// What /ws tells to whom. Clients that never subscribe hear what the predecessor sent: the whole status and the machine at once, each
// interval and after each act. Those that do hear each change of their topics, once per turn of the event loop.
import type { WebSocket } from "ws";
import type { Clock, Timer } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import { TailherdError, toFieldIssues } from "../../contract/errors.ts";
import { clientMessageSchema, type ClientMessage, type Topic } from "../../contract/live.ts";
import { roleAllows, type Action } from "../../contract/roles.ts";
import { VERSION } from "../../runtime/version.ts";
import type { Intake, OutputNotice } from "../agents/intake.ts";
import type { Identity } from "../auth/identity.ts";
import type { Operations } from "../operations/operations.ts";
import type { Announcement, Announcer } from "../services/announcer.ts";
import { noSuchService, type Catalog } from "../services/catalog.ts";
import type { StatusBoard } from "../services/status-board.ts";
import type { EventFeed } from "./event-feed.ts";
import { LiveClient } from "./live-client.ts";
import { encode, encodeWith } from "./messages.ts";
import type { OutputFeeds } from "./output-feeds.ts";

/** What `Live` listens to. */
export interface LiveParts {
  catalog: Catalog;
  board: StatusBoard;
  intake: Intake;
  announcer: Announcer;
  events: EventFeed;
  operations: Operations;
  outputs: OutputFeeds;
  clock: Clock;
}

/** All clients of /ws. */
export class Live {
  private readonly clients = new Set<LiveClient>();
  private readonly followed = new Map<LiveClient, Map<string, Promise<AsyncDisposable | undefined>>>();
  private readonly parts: LiveParts;
  private readonly listening = new DisposableStack();
  private interval: Timer | undefined;
  private actEnded: NodeJS.Immediate | undefined;

  constructor(parts: LiveParts) {
    this.parts = parts;
    this.listening.use(parts.board.changed.on((services) => this.tellChanged(services)));
    this.listening.use(parts.intake.sampled.on(() => this.tellStats()));
    this.listening.use(parts.announcer.told.on((announcement) => this.announce(announcement)));
    this.listening.use(
      parts.events.stored.on((stored) => {
        this.toTopic(
          "events",
          (client, message) => client.sendOrdered(message),
          () => encode({ type: "event", data: stored }),
        );
      }),
    );
    this.listening.use(
      parts.operations.changed.on((operation) => {
        this.toTopic(
          "operations",
          (client, message) => client.sendLatest(`operation ${operation.id}`, message),
          () => encode({ type: "operation", data: operation }),
        );
      }),
    );
  }

  /** Takes a socket in: the predecessor's two messages go out at once. */
  add(socket: WebSocket, identity: Identity): LiveClient {
    const client = new LiveClient({
      socket,
      identity,
      clock: this.parts.clock,
      rowsMessage: (services) => encodeWith("status_changed", this.parts.board.someJson(services)),
    });
    this.clients.add(client);
    if (roleAllows(identity.principal.role, "service.read")) {
      client.reply(this.fullStatus());
      const { system } = this.parts.board;
      if (system !== null) client.reply(encode({ type: "system_stats", data: system }));
    }
    this.interval ??= this.schedule();
    return client;
  }

  async remove(client: LiveClient): Promise<void> {
    this.clients.delete(client);
    const feeds = this.followed.get(client);
    this.followed.delete(client);
    for (const feed of feeds?.values() ?? []) await (await feed)?.[Symbol.asyncDispose]();
  }

  /** Does what a client asks; what cannot be done is told to it. */
  receive(client: LiveClient, text: string): void {
    try {
      const message = parseMessage(text);
      if (message.type === "subscribe") this.subscribe(client, message.topics);
      else for (const topic of message.topics) this.unsubscribe(client, topic);
    } catch (error) {
      const detail = error instanceof TailherdError ? error.message : "Cannot do this: something of ours broke";
      client.reply(encode({ type: "error", detail }));
    }
  }

  close(): void {
    this.listening.dispose();
    this.interval?.cancel();
    clearImmediate(this.actEnded);
    for (const client of this.clients) client.close(1001, "the hub closes");
  }

  private subscribe(client: LiveClient, topics: Topic[]): void {
    for (const topic of topics) demandTopic(client.identity, topic);
    client.subscribed = true;
    for (const topic of new Set(topics)) {
      if (client.topics.has(topic)) continue;
      client.topics.add(topic);
      if (topic === "services") client.reply(this.snapshot());
      else if (topic.startsWith("output:")) this.followOutput(client, topic.slice("output:".length));
    }
  }

  private unsubscribe(client: LiveClient, topic: Topic): void {
    client.topics.delete(topic);
    if (!topic.startsWith("output:")) return;
    const service = topic.slice("output:".length);
    const feeds = this.followed.get(client);
    const feed = feeds?.get(service);
    feeds?.delete(service);
    client.forgetOutput(service);
    void feed?.then((following) => following?.[Symbol.asyncDispose]());
  }

  private followOutput(client: LiveClient, service: string): void {
    const refuse = (error: unknown): undefined => {
      client.topics.delete(`output:${service}`);
      this.followed.get(client)?.delete(service);
      const words = error instanceof TailherdError ? error.message : "something of ours broke";
      client.reply(encode({ type: "error", detail: `Cannot follow the output of "${service}": ${words}` }));
    };
    if (this.parts.catalog.get(service) === undefined) return refuse(noSuchService(service));
    const feeds = this.followed.get(client) ?? new Map<string, Promise<AsyncDisposable | undefined>>();
    this.followed.set(client, feeds);
    const listener = (notice: OutputNotice): void => sendOutput(client, notice);
    feeds.set(service, this.parts.outputs.follow(service, listener).catch(refuse));
  }

  private tellChanged(services: ReadonlySet<string>): void {
    this.toTopic(
      "services",
      (client, message) => client.sendRows(services, message),
      () => encodeWith("status_changed", this.parts.board.someJson(services)),
    );
  }

  private tellStats(): void {
    const { system } = this.parts.board;
    if (system === null) return;
    this.toTopic(
      "stats",
      (client, message) => client.sendLatest("stats", message),
      () => encode({ type: "system_stats", data: system }),
    );
  }

  private announce(announcement: Announcement): void {
    switch (announcement.what) {
      case "service_added":
        return this.broadcast(encode({ type: "service_added", data: announcement.record }));
      case "service_deleted": {
        const { name } = announcement;
        return this.broadcast(encode({ type: "service_deleted", service_name: name, data: { name } }));
      }
      case "settings_updated":
        this.interval?.cancel();
        this.interval = this.clients.size > 0 ? this.schedule() : undefined;
        return this.broadcast(encode({ type: "settings_updated", data: announcement.settings }));
      case "service_changed":
        return this.toTopic(
          "services",
          (client, message) => client.sendOrdered(message),
          () => encode({ type: "service_changed", data: announcement.record }),
        );
      case "act_ended":
        // Many acts end in one turn when they are done in bulk; they are one change to who looks.
        this.actEnded ??= setImmediate(() => {
          this.actEnded = undefined;
          this.toUnsubscribed(
            (client, message) => client.sendLatest("status", message),
            () => this.fullStatus(),
          );
        });
    }
  }

  /** To clients of topic services and to those that never subscribed: the predecessor's broadcasts. */
  private broadcast(message: Buffer): void {
    for (const client of this.clients) {
      if (!client.subscribed || client.topics.has("services")) client.sendOrdered(message);
    }
  }

  private toTopic(topic: Topic, send: (client: LiveClient, message: Buffer) => void, make: () => Buffer): void {
    let message: Buffer | undefined;
    for (const client of this.clients) if (client.topics.has(topic)) send(client, (message ??= make()));
  }

  private toUnsubscribed(send: (client: LiveClient, message: Buffer) => void, make: () => Buffer): void {
    let message: Buffer | undefined;
    for (const client of this.clients) if (!client.subscribed) send(client, (message ??= make()));
  }

  private schedule(): Timer {
    return this.parts.clock.after(this.parts.catalog.settings.update_interval_seconds * SECOND, () => {
      this.interval = this.clients.size > 0 ? this.schedule() : undefined;
      this.toUnsubscribed(
        (client, message) => client.sendLatest("status", message),
        () => this.fullStatus(),
      );
      const { system } = this.parts.board;
      if (system === null) return;
      this.toUnsubscribed(
        (client, message) => client.sendLatest("stats", message),
        () => encode({ type: "system_stats", data: system }),
      );
    });
  }

  private fullStatus(): Buffer {
    return encodeWith("status_update", this.parts.board.allJson());
  }

  private snapshot(): Buffer {
    const { board, catalog, clock } = this.parts;
    const rest = { stats: board.system, settings: catalog.settings, version: VERSION, server_time: clock.now() };
    return encodeWith("snapshot", `{"statuses":${board.allJson()},${JSON.stringify(rest).slice(1)}`);
  }
}

function parseMessage(text: string): ClientMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new TailherdError("bad_json", "Cannot read the message: it is not JSON");
  }
  const checked = clientMessageSchema.safeParse(value);
  if (checked.success) return checked.data;
  const words = toFieldIssues(checked.error).map(({ path, message }) => `${path}: ${message}`);
  throw new TailherdError("invalid", `Cannot read the message: ${words.join("; ")}`);
}

const TOPIC_ACTIONS: Record<"services" | "stats" | "events" | "operations" | "output", Action> = {
  services: "service.read",
  stats: "stats.read",
  events: "event.read",
  operations: "operation.read",
  output: "output.read",
};

function demandTopic({ principal }: Identity, topic: Topic): void {
  const kind = topic.split(":", 1)[0] as keyof typeof TOPIC_ACTIONS;
  if (roleAllows(principal.role, TOPIC_ACTIONS[kind])) return;
  throw new TailherdError(
    "forbidden",
    `Cannot subscribe to ${topic}: ${principal.name} may not ${TOPIC_ACTIONS[kind]}`,
  );
}

/** Serialised messages of a notice, shared by the clients that hear it one after the other. */
const shared = new WeakMap<OutputNotice, Buffer>();

function sendOutput(client: LiveClient, notice: OutputNotice): void {
  const { service, index, lines } = notice;
  const make = (skipped: number): Buffer => encode({ type: "output", data: { service, index, lines, skipped } });
  const common = (): Buffer => {
    const known = shared.get(notice) ?? make(0);
    shared.set(notice, known);
    return known;
  };
  client.sendOutput(`${service}\0${index}`, lines.length, common, make);
}
