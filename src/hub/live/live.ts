// What /ws tells to whom. Clients that never subscribe hear what the predecessor sent: the whole status and the machine at once, each
// interval and after each act. Those that do hear each change of their topics, once per turn of the event loop.
import type { WebSocket } from "ws";
import type { Clock, Timer } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { Topic } from "../../contract/live.ts";
import { FEW_TARGETS, type Operation } from "../../contract/operations.ts";
import { roleAllows } from "../../contract/roles.ts";
import type { ServiceRecord } from "../../contract/service.ts";
import { VERSION } from "../../runtime/version.ts";
import type { Intake } from "../agents/intake.ts";
import { hideEnvironment, seesEnvironment } from "../auth/hidden-environment.ts";
import type { Identity } from "../auth/identity.ts";
import type { Operations, OperationTold } from "../operations/operations.ts";
import type { Announcement, Announcer } from "../services/announcer.ts";
import type { Catalog } from "../services/catalog.ts";
import type { ServerBook } from "../agents/server-book.ts";
import type { StatusBoard } from "../services/status-board.ts";
import type { EventFeed } from "./event-feed.ts";
import { LiveClient } from "./live-client.ts";
import { encode, encodeWith } from "./messages.ts";
import { type TaskAnnouncement, taskMessage } from "./task-messages.ts";
import { demandTopic, OUTPUT, parseMessage } from "./client-message.ts";
import type { OutputFeeds } from "./output-feeds.ts";
import { OutputFollowing } from "./output-following.ts";

/** What `Live` listens to. */
export interface LiveParts {
  catalog: Catalog;
  board: StatusBoard;
  book: ServerBook;
  intake: Intake;
  announcer: Announcer;
  events: EventFeed;
  operations: Operations;
  outputs: OutputFeeds;
  clock: Clock;
}

/** Milliseconds between messages of topic servers. */
const SERVERS_EVERY = SECOND / 2;

/** All clients of /ws. */
export class Live {
  private readonly clients = new Set<LiveClient>();
  private readonly following: OutputFollowing;
  private readonly parts: LiveParts;
  private readonly listening = new DisposableStack();
  private interval: Timer | undefined;
  private actEnded: NodeJS.Immediate | undefined;
  private readonly changedServers = new Set<string>();
  private tellingServers: Timer | undefined;

  constructor(parts: LiveParts) {
    this.parts = parts;
    this.following = new OutputFollowing(parts.outputs, parts.catalog);
    this.listening.use(parts.board.changed.on((services) => this.tellChanged(services)));
    this.listening.use(parts.intake.sampled.on((id) => (id === parts.book.home?.id ? this.tellStats() : undefined)));
    this.listening.use(parts.book.changed.on((ids) => this.serversChanged(ids)));
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
      parts.operations.changed.on((told) => {
        const { operation, places } = told;
        const whole = isToldWhole(told);
        this.toTopic(
          "operations",
          // Of those told in part each message matters.
          (client, message) =>
            whole ? client.sendLatest(`operation ${operation.id}`, message) : client.sendOrdered(message),
          () => (whole ? encode({ type: "operation", data: operation }) : encodeChange(operation, places)),
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
    await this.following.forget(client);
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
    this.tellingServers?.cancel();
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
      else if (topic === "servers") client.reply(encode({ type: "servers", data: this.parts.book.all() }));
      else if (topic.startsWith(OUTPUT)) this.following.begin(client, topic.slice(OUTPUT.length));
    }
  }

  private unsubscribe(client: LiveClient, topic: Topic): void {
    client.topics.delete(topic);
    if (topic.startsWith(OUTPUT)) this.following.end(client, topic.slice(OUTPUT.length));
  }

  private tellChanged(services: ReadonlySet<string>): void {
    this.toTopic(
      "services",
      (client, message) => client.sendRows(services, message),
      () => encodeWith("status_changed", this.parts.board.someJson(services)),
    );
  }

  /** Thousands of heartbeats a second are one message a second. */
  private serversChanged(ids: ReadonlySet<string>): void {
    for (const id of ids) this.changedServers.add(id);
    this.tellingServers ??= this.parts.clock.after(SERVERS_EVERY, () => {
      this.tellingServers = undefined;
      const changed = [...this.changedServers];
      this.changedServers.clear();
      this.toTopic(
        "servers",
        (client, message) => client.sendOrdered(message),
        () => {
          const nodes = changed.map((id) => this.parts.book.get(id));
          const removed = changed.filter((_, at) => nodes[at] === undefined);
          return encode({
            type: "servers_changed",
            data: { changed: nodes.filter((node) => node !== undefined), removed },
          });
        },
      );
    });
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
        return this.broadcast(recordMessage("service_added", announcement.record));
      case "service_deleted": {
        const { name } = announcement;
        const deleted = encode({ type: "service_deleted", service_name: name, data: { name } });
        return this.broadcast(() => deleted);
      }
      case "settings_updated": {
        this.interval?.cancel();
        this.interval = this.clients.size > 0 ? this.schedule() : undefined;
        const updated = encode({ type: "settings_updated", data: announcement.settings });
        return this.broadcast(() => updated);
      }
      case "service_changed": {
        const message = recordMessage("service_changed", announcement.record);
        for (const client of this.clients) if (client.topics.has("services")) client.sendOrdered(message(client));
        return;
      }
      case "task_created":
      case "task_updated":
      case "task_deleted":
      case "task_run":
        return this.tellTask(announcement);
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

  private tellTask(told: TaskAnnouncement): void {
    const { message, key } = taskMessage(told);
    let encoded: Buffer | undefined;
    for (const client of this.clients) {
      if (client.subscribed && !client.topics.has("tasks")) continue;
      encoded ??= encode(message);
      if (key === null) client.sendOrdered(encoded);
      else client.sendLatest(key, encoded);
    }
  }

  /** To clients of topic services and to those that never subscribed: the predecessor's broadcasts. */
  private broadcast(message: (client: LiveClient) => Buffer): void {
    for (const client of this.clients) {
      if (!client.subscribed || client.topics.has("services")) client.sendOrdered(message(client));
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

/** A definition as each client may see it; made once for those who see its environment, and once for those who do not. */
function recordMessage(
  type: "service_added" | "service_changed",
  record: ServiceRecord,
): (client: LiveClient) => Buffer {
  const made = new Map<boolean, Buffer>();
  return ({ identity }) => {
    const all = seesEnvironment(identity);
    const message = made.get(all) ?? encode({ type, data: all ? record : hideEnvironment(record) });
    made.set(all, message);
    return message;
  };
}

/** Begin and end of each operation, and every change of a small one. */
function isToldWhole({ operation, places }: OperationTold): boolean {
  const { targets, ended_at } = operation;
  return targets.length <= FEW_TARGETS || ended_at !== null || places.size === targets.length;
}

function encodeChange({ targets, ...about }: Operation, places: ReadonlySet<number>): Buffer {
  const changed = [...places].flatMap((place) => {
    const target = targets[place];
    return target === undefined ? [] : [{ place, target }];
  });
  return encode({ type: "operation_changed", data: { ...about, changed } });
}
