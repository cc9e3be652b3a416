// The hub's composition root: opens the store, wires the parts, listens, and closes all of it in reverse.
import { hostname } from "node:os";
import { join } from "node:path";
import { systemClock, type Clock, type Timer } from "../base/clock.ts";
import { MINUTE, SECOND } from "../base/units.ts";
import type { ServerIdentity } from "../contract/agent.ts";
import { TailherdError } from "../contract/errors.ts";
import type { Channel } from "../runtime/link/channel.ts";
import { makeKeyPair } from "../runtime/link/keys.ts";
import { openDataDir } from "../runtime/data-dir.ts";
import type { Logger } from "../runtime/logger.ts";
import { socketPath } from "../runtime/paths.ts";
import { demandPrivate, isLoopback } from "../runtime/reach.ts";
import { Agents } from "./agents/agents.ts";
import { Enrolment } from "./agents/enrolment.ts";
import { Intake } from "./agents/intake.ts";
import { LinkGate } from "./agents/link-gate.ts";
import { Observed } from "./agents/observed.ts";
import { ServerBook } from "./agents/server-book.ts";
import { keepServersTold } from "./agents/keep-told.ts";
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
import { RequestCounts } from "./http/request-counts.ts";
import { EventFeed } from "./live/event-feed.ts";
import { Live } from "./live/live.ts";
import { OutputFeeds } from "./live/output-feeds.ts";
import { createSocketServer } from "./live/socket-server.ts";
import { LoopLag } from "./loop-lag.ts";
import { RecentCpu } from "./metrics/recent-cpu.ts";
import { openEmbeddedMetrics } from "./metrics/embedded-metrics.ts";
import type { MetricsStore } from "./metrics/metrics-store.ts";
import { policyOf, Recorder } from "./metrics/recorder.ts";
import { SeriesBook } from "./metrics/series.ts";
import { CommandRuns } from "./operations/command-runs.ts";
import { Operations } from "./operations/operations.ts";
import { makePutBack } from "./operations/rollout-back.ts";
import { FleetView } from "./operations/rollout-fleet.ts";
import { Rollouts } from "./operations/rollouts.ts";
import { AgentRetries } from "./services/agent-retries.ts";
import { Announcer } from "./services/announcer.ts";
import { Catalog } from "./services/catalog.ts";
import { Deployment } from "./services/deployment.ts";
import { keepHistoryShort } from "./services/history-keeper.ts";
import { KeyedQueue } from "./services/keyed-queue.ts";
import { RecentFailures } from "./services/recent-failures.ts";
import { ServiceActs } from "./services/service-acts.ts";
import { ServiceEdits } from "./services/service-edits.ts";
import { SettingsChanges } from "./services/settings-changes.ts";
import { DependencyGuard } from "./services/dependency-rules.ts";
import { StandingTelling } from "./services/standing-telling.ts";
import { StatusBoard } from "./services/status-board.ts";
import { TaskBook } from "./tasks/task-book.ts";
import { TaskEdits } from "./tasks/task-edits.ts";
import { MissedRuns } from "./tasks/missed-runs.ts";
import { TaskRuns } from "./tasks/task-runs.ts";
import { TaskTelling } from "./tasks/task-telling.ts";
import { removeLeftovers } from "./store/leftovers.ts";
import { openSqliteStore } from "./store/sqlite-store.ts";
import { freeName } from "./store/legacy-server.ts";
import type { Store, StoredServer } from "./store/store.ts";

export { restoreBackup } from "./store/restore.ts";

const SIGN_IN_LIFETIME = 10 * MINUTE;
const LINK_AGAIN = SECOND / 2;
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
  /** Instead of the embedded one in the data directory; the caller closes it. */
  metrics?: MetricsStore;
  /** The agent of this machine, in this process: who it is, and a fresh link to it each time it is asked for (the hub's end). */
  local?: { server: ServerIdentity; open: () => Channel };
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
  await connectLocal(options, parts, stack);
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
  const identity = await store.hubIdentity(() => ({ id: crypto.randomUUID(), ...makeKeyPair() }));
  const observed = new Observed();
  const recent = new RecentFailures();
  await recent.load(
    store,
    catalog.all().map(({ name }) => name),
  );
  const book: ServerBook = await ServerBook.load({
    store,
    clock,
    logger,
    rule: () => {
      const { update_interval_seconds, server_late_after, server_offline_after } = catalog.settings;
      const interval = update_interval_seconds * SECOND;
      return { interval, lateAfter: server_late_after, offlineAfter: server_offline_after };
    },
    servicesOn: (id) => deployment.servicesOn(id),
  });
  stack.defer(() => book.close());
  const agents: Agents = new Agents({ book, clock, logger, store: (id, entries) => intake.store(id, entries) });
  stack.defer(() => agents.close());
  const deployment = new Deployment({
    catalog,
    book,
    agents,
    observed,
    tasks: { on: (id) => tasks.agentTasks(id), has: (id, told) => telling.has(id, told) },
    standings: { on: (id) => standings.on(id), has: (id, told) => standings.has(id, told) },
    logger,
  });
  const tasks: TaskBook = await TaskBook.load({ store, book, deployment, now });
  const telling = stack.use(
    new TaskTelling({
      agents,
      book,
      tasksOn: (id, only) => tasks.agentTasks(id, only),
      pushAll: (id) => deployment.pushAll(id),
      clock,
      logger,
    }),
  );
  stack.use(deployment.moved.on(() => telling.reconsider()));
  const announcer = new Announcer(events, now);
  const taskRuns = stack.use(
    new TaskRuns({
      store,
      tasks,
      agents,
      book,
      deployment,
      acts: () => acts,
      announcer,
      logger,
      now,
    }),
  );
  const missedRuns = new MissedRuns({ store, tasks, agents, book, runs: taskRuns, now });
  const board = new StatusBoard({
    catalog,
    observed,
    failures: recent,
    clock,
    fleet: {
      home: () => book.home?.id,
      placedOn: (service) => deployment.serversOf(service),
      isStale: (id) => book.stateOf(id) !== "online",
      nameOf: (id) => book.nameOf(id),
    },
  });
  stack.defer(() => board.close());
  const standings = stack.use(
    new StandingTelling({ catalog, deployment, observed, agents, book, board, clock, logger }),
  );
  const series = new SeriesBook();
  const operations = await Operations.load({ store, clock, logger });
  stack.defer(() => operations.close());
  const commands = new CommandRuns({ operations, agents, clock, logger });
  stack.defer(() => commands.close());
  const recentCpu = new RecentCpu();
  const policy = policyOf(catalog.settings);
  const metrics =
    options.metrics ?? (await openEmbeddedMetrics({ dir: join(dataDir, "metrics"), clock, logger, policy }));
  if (options.metrics === undefined) stack.defer(() => metrics.close());
  const recorder = new Recorder({ metrics, skewOf: (id) => book.skewOf(id), now, logger });
  const intake = new Intake({
    book,
    observed,
    board,
    deployment,
    series,
    recentCpu,
    recorder,
    commands,
    failures: recent,
    events,
    taskRuns,
    now,
  });
  commands.resume();
  const gate = new LinkGate({
    identity,
    book,
    ear: agents,
    clock,
    logger,
    joined: (session, join, version) => agents.join(session, join, version),
    left: (session) => agents.leave(session),
  });
  stack.use(keepServersTold({ book, agents, deployment, observed, board, intake, events, clock, logger }));
  const outputs = new OutputFeeds(agents, deployment, intake);
  stack.defer(() => outputs.close());

  announcer.told.on((told) => {
    if (told.what !== "service_deleted") return;
    for (const book of [observed, recent, series, recentCpu]) book.forget(told.name);
  });
  const services = {
    store,
    catalog,
    agents,
    book,
    deployment,
    board,
    announcer,
    metrics,
    queue: new KeyedQueue(),
    dependencies: new DependencyGuard(catalog),
  };
  stack.use(new AgentRetries({ ...services, clock }));
  const acts: ServiceActs = new ServiceActs(services);
  const edits = new ServiceEdits(services, acts);
  const fleet = stack.use(new FleetView({ catalog, deployment, observed, agents, book }));
  const rollouts = new Rollouts({
    operations,
    fleet,
    acts,
    putBack: makePutBack({ store, catalog, edits }),
    clock,
    logger,
  });
  stack.defer(() => rollouts.close());
  rollouts.resume();
  const taskEdits = new TaskEdits({ ...services, tasks, telling, now });
  stack.use(keepHistoryShort({ store, catalog, clock, logger }));

  const failures = new FailureLimit(clock, FAILURES_ALLOWED);
  const authenticator = createAuthenticator({
    store,
    clock,
    failures,
    noAuth,
    adminToken,
    serverWith: (hash) => book.withCredential(hash),
  });
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
    book,
    agents,
    gate,
    enrolment: new Enrolment({ store, clock, identity, book, agents, observed, deployment, edits, metrics, events }),
    deployment,
    addresses,
    intake,
    acts,
    edits,
    settings: new SettingsChanges(services, taskEdits),
    tasks,
    taskEdits,
    taskRuns,
    missedRuns,
    announcer,
    descriptors: stack.use(new DescriptorReserve({ clock, logger })),
    operations,
    commands,
    rollouts,
    fleet,
    lag: stack.use(new LoopLag(clock)),
    requests: new RequestCounts(),
    series,
    metrics,
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

/** Takes in the agent of this machine, and waits until it has what is desired and has told how things are. */
async function connectLocal({ local }: HubOptions, parts: HubParts, stack: AsyncDisposableStack): Promise<void> {
  const { intake, agents, book, store, clock } = parts;
  stack.use(intake.listen(agents));
  if (local === undefined) return;
  const { id, name } = local.server;
  if (book.storedOf(id) === undefined || book.nameOf(id) !== name) {
    const host = hostname();
    const before = book.storedOf(id);
    const server: StoredServer = {
      ...(before ?? ownServer(id, host, clock.now())),
      name: freeName(name, takenNames(book, id)),
    };
    await store.putServer(server, "server.own", { principal: "tailherd", from: "itself" });
    book.put(server);
    parts.deployment.reconsiderServer(id);
  }
  const told = new Promise<void>((resolve) => {
    const listening = agents.told.on((server) => {
      if (server !== id) return;
      listening[Symbol.dispose]();
      resolve();
    });
  });
  keepLocal(local.open, { id, name: book.nameOf(id) ?? name }, parts, stack);
  await told;
}

/** A link in one process breaks too, when one side stood still for too long (a suspended machine): it is opened anew. */
function keepLocal(
  open: () => Channel,
  server: { id: string; name: string },
  { gate, clock }: HubParts,
  stack: AsyncDisposableStack,
): void {
  let closing = false;
  let timer: Timer | undefined;
  const link = (): void => {
    const channel = open();
    channel.closed.on(() => {
      if (!closing) timer = clock.after(LINK_AGAIN, link);
    });
    gate.acceptLocal(channel, server);
  };
  stack.defer(() => {
    closing = true;
    timer?.cancel();
  });
  link();
}

function takenNames(book: ServerBook, id: string): ReadonlySet<string> {
  return new Set(book.stored().flatMap((server) => (server.id === id ? [] : [server.name])));
}

function ownServer(id: string, host: string, now: number): StoredServer {
  return {
    id,
    name: host,
    host,
    ip: "127.0.0.1",
    tags: [],
    services: [],
    metadata: { os: process.platform, arch: process.arch },
    kind: "hub",
    public_key: null,
    credential_hash: null,
    agent_version: null,
    heartbeat_interval: null,
    created_at: now,
    last_seen: null,
    last_metrics: {},
    joined_with: null,
    legacy: null,
  };
}
