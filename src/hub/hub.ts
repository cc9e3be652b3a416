// The hub's composition root: opens the store, wires the parts, listens, and closes all of it in reverse.
import { join } from "node:path";
import { systemClock, type Clock } from "../base/clock.ts";
import { MINUTE, SECOND } from "../base/units.ts";
import type { AgentConnection } from "../contract/agent.ts";
import { TailherdError } from "../contract/errors.ts";
import { openDataDir } from "../runtime/data-dir.ts";
import type { Logger } from "../runtime/logger.ts";
import { socketPath } from "../runtime/paths.ts";
import { demandPrivate, isLoopback } from "../runtime/reach.ts";
import { Agents } from "./agents/agents.ts";
import { Intake } from "./agents/intake.ts";
import { Observed } from "./agents/observed.ts";
import { createAuthenticator } from "./auth/authenticate.ts";
import { FailureLimit } from "./auth/failure-limit.ts";
import type { Identity } from "./auth/identity.ts";
import { OneTimeCodes } from "./auth/one-time-codes.ts";
import { OpenConnections } from "./auth/open-connections.ts";
import { DescriptorReserve } from "./http/descriptor-reserve.ts";
import { createHandlers } from "./http/handlers.ts";
import { createHttp } from "./http/http.ts";
import type { HubParts, SignIn } from "./http/hub-parts.ts";
import { listenSocket, listenTcp, type Receivers } from "./http/listeners.ts";
import { EventFeed } from "./live/event-feed.ts";
import { Live } from "./live/live.ts";
import { OutputFeeds } from "./live/output-feeds.ts";
import { createSocketServer } from "./live/socket-server.ts";
import { RecentCpu } from "./metrics/recent-cpu.ts";
import { SeriesBook } from "./metrics/series.ts";
import { Operations } from "./operations/operations.ts";
import { AgentRetries } from "./services/agent-retries.ts";
import { Announcer } from "./services/announcer.ts";
import { Catalog } from "./services/catalog.ts";
import { keepHistoryShort } from "./services/history-keeper.ts";
import { KeyedQueue } from "./services/keyed-queue.ts";
import { RecentFailures } from "./services/recent-failures.ts";
import { ServiceActs } from "./services/service-acts.ts";
import { ServiceEdits } from "./services/service-edits.ts";
import { SettingsChanges } from "./services/settings-changes.ts";
import { StatusBoard } from "./services/status-board.ts";
import { removeLeftovers } from "./store/leftovers.ts";
import { openSqliteStore } from "./store/sqlite-store.ts";
import type { Store } from "./store/store.ts";

export { restoreBackup } from "./store/restore.ts";

const SIGN_IN_LIFETIME = 10 * MINUTE;
const TICKET_LIFETIME = 30 * SECOND;
/** Wrong tokens or codes of one address in a minute. */
const FAILURES_ALLOWED = 20;

/** What a hub is started with. */
export interface HubOptions {
  /** Made (0700) and held for this process; the store and the unix socket lie in it. */
  dataDir: string;
  /** The caller holds the directory already, since an agent of its own keeps its files there too. */
  held?: boolean;
  /** Instead of the SQLite file in the data directory; the caller closes it. */
  store?: Store;
  agents: AgentConnection[];
  /** Port 0 takes a free one. */
  listen: { host: string; port: number }[];
  /** Everybody who reaches a listener is admin; refused unless all of them are loopback. */
  noAuth: boolean;
  /** Value of TAILHERD_ADMIN_TOKEN. */
  adminToken?: string;
  /** The built dashboard. */
  webRoot?: string;
  clock?: Clock;
  logger: Logger;
  /** Check every answer against the contract; for tests. */
  checkAnswers?: boolean;
}

/** A running hub. */
export interface Hub extends AsyncDisposable {
  /** "http://127.0.0.1:8765", with real ports, in the order in which they were asked for. */
  addresses: string[];
  socketPath: string;
  /** A fresh one-time link to the dashboard, for ten minutes. */
  signInLink(): string;
  /** Stops listening and lets go of everything; services and agents go on. */
  close(): Promise<void>;
}

/** Starts a hub. Rejects with a `TailherdError` in words when it cannot: directory held, store damaged, address taken. */
export async function startHub(options: HubOptions): Promise<Hub> {
  for (const { host } of options.listen) demandPrivate(host);
  refuseOpenNoAuth(options);
  await using stack = new AsyncDisposableStack();
  const addresses: string[] = [];
  if (options.held !== true) stack.use(openDataDir(options.dataDir));
  removeLeftovers(options.dataDir, options.logger);
  const parts = await assemble(options, addresses, stack);
  const receivers = createReceivers(options, parts, stack);
  await connectAgents(parts, stack);
  for (const { host, port } of options.listen) {
    addresses.push(stack.use(await listenTcp(host, port, receivers)).address);
  }
  const path = socketPath(options.dataDir);
  stack.use(await listenSocket(path, receivers));
  const running = stack.move();
  const close = (): Promise<void> => running.disposeAsync();
  return {
    addresses,
    socketPath: path,
    signInLink: () => parts.signInLink("the hub's console").url,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function refuseOpenNoAuth({ noAuth, listen }: HubOptions): void {
  const open = listen.find(({ host }) => !isLoopback(host));
  if (!noAuth || open === undefined) return;
  throw new TailherdError(
    "refused",
    `Cannot start without authentication: ${open.host} can be reached from other machines; --no-auth is for loopback only`,
  );
}

async function assemble(options: HubOptions, addresses: string[], stack: AsyncDisposableStack): Promise<HubParts> {
  const { dataDir, logger, noAuth, adminToken, clock = systemClock } = options;
  const store = options.store ?? (await openSqliteStore({ file: join(dataDir, "hub.db"), clock, logger }));
  if (options.store === undefined) stack.defer(() => store.close());
  const now = (): number => clock.now();

  const events = new EventFeed(store, clock, logger);
  stack.defer(() => events.close());
  const catalog = await Catalog.load(store);
  const observed = new Observed();
  const recent = new RecentFailures();
  await recent.load(
    store,
    catalog.all().map(({ name }) => name),
  );
  const board = new StatusBoard(catalog, observed, recent, clock);
  stack.defer(() => board.close());
  const series = new SeriesBook();
  const recentCpu = new RecentCpu();
  const intake = new Intake({ observed, board, series, recentCpu, failures: recent, events, now });
  const agents = new Agents(options.agents, logger);
  stack.defer(() => agents.close());
  const outputs = new OutputFeeds(agents, intake);
  stack.defer(() => outputs.close());

  const announcer = new Announcer(events, now);
  announcer.told.on((told) => {
    if (told.what !== "service_deleted") return;
    for (const book of [observed, recent, series, recentCpu]) book.forget(told.name);
  });
  const services = { store, catalog, agents, board, announcer, queue: new KeyedQueue() };
  stack.use(new AgentRetries({ ...services, clock }));
  const acts = new ServiceActs(services);
  const edits = new ServiceEdits(services, acts);
  stack.use(keepHistoryShort({ store, catalog, clock, logger }));

  const failures = new FailureLimit(clock, FAILURES_ALLOWED);
  const authenticator = createAuthenticator({ store, clock, failures, noAuth, adminToken });
  const open = new OpenConnections(authenticator, clock);
  stack.defer(() => open.close());
  const signIns = new OneTimeCodes<SignIn>(clock, SIGN_IN_LIFETIME);
  const signInLink = (by: string): { url: string; expiresAt: number } => {
    const { code, expiresAt } = signIns.make({ role: "admin", by });
    return { url: `${addresses[0] ?? "http://localhost"}/sign-in?code=${code}`, expiresAt };
  };
  return {
    dataDir,
    store,
    clock,
    logger,
    catalog,
    board,
    agents,
    intake,
    acts,
    edits,
    settings: new SettingsChanges(services),
    announcer,
    descriptors: stack.use(new DescriptorReserve({ clock, logger })),
    operations: new Operations(clock),
    series,
    recentCpu,
    events,
    outputs,
    authenticator,
    failures,
    open,
    signIns,
    tickets: new OneTimeCodes<Identity>(clock, TICKET_LIFETIME),
    signInLink,
  };
}

function createReceivers(options: HubOptions, parts: HubParts, stack: AsyncDisposableStack): Receivers {
  const live = new Live(parts);
  const sockets = createSocketServer({ ...parts, live });
  stack.defer(() => sockets.close());
  stack.defer(() => live.close());
  const http = createHttp({ ...options, ...parts, handlers: createHandlers(parts) });
  return {
    connected: () => parts.descriptors.look(),
    failed: (error) => options.logger.warn({ err: error }, "Cannot take a connection"),
    request: (incoming, outgoing, door, hosts) => void http(incoming, outgoing, door, hosts),
    upgrade: (request, socket, head, door, hosts) => sockets.upgrade(request, socket, head, door, hosts),
  };
}

async function connectAgents({ agents, intake, catalog }: HubParts, stack: AsyncDisposableStack): Promise<void> {
  stack.use(intake.listen(agents));
  const desired = catalog.all().map((record) => catalog.desiredOf(record));
  await agents.connect(desired, catalog.settings.update_interval_seconds);
}
