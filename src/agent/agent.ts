// The agent's composition root: wires supervisor, sampler, output, desired state and journal, and answers what a hub asks.
import { createHash } from "node:crypto";
import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "../base/clock.ts";
import { DAY } from "../base/units.ts";
import type { AgentMethod, AgentParams, AgentResult, ServerIdentity } from "../contract/agent.ts";
import { type Channel, channelPair } from "../runtime/link/channel.ts";
import type { Logger } from "../runtime/logger.ts";
import type { ServiceSpec } from "../contract/service.ts";
import { BeatServer } from "./checks/beat/beat-server.ts";
import { Gate } from "./checks/gate.ts";
import { NotifySockets } from "./checks/notify/notify-sockets.ts";
import { Wheel } from "./checks/wheel.ts";
import { CommandIds } from "./commands/command-ids.ts";
import { Commands } from "./commands/commands.ts";
import { DesiredStore } from "./desired/desired-store.ts";
import { OwnFile } from "./desired/own-file.ts";
import { createHandlers } from "./handlers.ts";
import { type EnrolRequest, enrol, keepMembership, type Membership, readMembership } from "./hub-link/enrol.ts";
import { HubLink } from "./hub-link/hub-link.ts";
import { Outbox } from "./hub-link/outbox.ts";
import { type LinkNews, logNews, stayLinked } from "./hub-link/stay-linked.ts";
import { openIdentity } from "./identity.ts";
import { Journal } from "./journal/journal.ts";
import { Notices } from "./notices.ts";
import { Observer } from "./observer.ts";
import { createOwnAct, type OwnAct } from "./own-acts.ts";
import { createProcessTable } from "./processes/create-process-table.ts";
import { openTasks } from "./scheduler/open-tasks.ts";
import type { Puncher } from "./spool/output-log.ts";
import { openOutputLog } from "./spool/open-output-log.ts";
import { findTool } from "./supervisor/find-program.ts";
import { openContainment } from "./supervisor/open-containment.ts";
import { Pace } from "./supervisor/pace.ts";
import { Shims } from "./supervisor/shims.ts";
import { Supervisor } from "./supervisor/supervisor.ts";

/** A launch takes about a millisecond, several on a busy disk; between so many of them others are heard. */
const LAUNCHES_PER_TURN = 10;
/** Looks of health checks at the same time: those that take a descriptor, and those that take a process. */
const LOOKS_AT_ONCE = 200;
const COMMANDS_AT_ONCE = 16;

export type { LinkNews } from "./hub-link/stay-linked.ts";
export type { Membership } from "./hub-link/enrol.ts";

/** An agent that runs in this process. */
export interface Agent {
  readonly server: ServerIdentity;
  /** Asks it as a hub would, without a link. Rejects with `TailherdError`. */
  call<M extends AgentMethod>(method: M, params: AgentParams<M>, signal?: AbortSignal): Promise<AgentResult<M>>;
  /** A fresh link to it for a hub in this process: the hub's end. */
  open(): Channel;
  /** Lets go of everything; never stops a service. */
  close(): Promise<void>;
}

export interface AgentOptions {
  /** The agent's files are in its folder `agent`. */
  dataDir: string;
  /** How this server is called; the machine's host name unless given. */
  serverName?: string;
  /** The hub that it dials and stays linked to; without one it waits for `serve`. */
  membership?: Membership;
  /** It takes `run` commands. */
  allowRun?: boolean;
  /** Locks it: it runs only these services, as its machine's own file declares them, and no commands. */
  locked?: { services: readonly ServiceSpec[] };
  clock?: Clock;
  logger: Logger;
  /** Hears how the link to the hub fares; the log tells it unless given. */
  linkNews?: (news: LinkNews) => void;
  /** Gives the space of read output back; null: as on a filesystem without holes. */
  puncher?: Puncher | null;
  /** Null: as on a machine without perl. */
  perl?: null;
}

/** The enrolment that this data directory holds, if any. */
export async function membershipOf(dataDir: string): Promise<Membership | undefined> {
  return await readMembership(join(dataDir, "agent"), systemClock);
}

/** Enrols this machine at a hub, once; `startAgent` then takes the membership. */
export async function enrolAgent(dataDir: string, request: EnrolRequest): Promise<Membership> {
  return await enrol(join(dataDir, "agent"), request, systemClock);
}

/** The hub listens elsewhere: dialled there from now on, and known by the same key. */
export async function moveMembership(dataDir: string, membership: Membership, hubUrl: string): Promise<Membership> {
  return await keepMembership(join(dataDir, "agent"), { ...membership, hub_url: hubUrl });
}

/** Starts the agent: adopts what runs, brings back what should run, and answers on `connection`. No hub is needed. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  // Its own timers and watches do not keep a process alive; an open agent does, and one that waits while it opens.
  const alive = setInterval(() => undefined, DAY);
  try {
    return await openAgent(options, () => clearInterval(alive));
  } catch (error) {
    clearInterval(alive);
    throw error;
  }
}

async function openAgent(options: AgentOptions, release: () => void): Promise<Agent> {
  const { logger, clock = systemClock } = options;
  const agentDir = join(options.dataDir, "agent");
  const runRoot = join(agentDir, "run");
  mkdirSync(runRoot, { recursive: true, mode: 0o700 });
  const server = await openIdentity(agentDir, { name: options.serverName, membership: options.membership }, clock);
  const owner = createHash("sha256").update(realpathSync(agentDir)).digest("hex").slice(0, 12);
  const table = createProcessTable();
  const containment = openContainment({ owner, table, clock, logger });
  const journal = new Journal({ directory: join(agentDir, "journal"), clock, logger });
  const outbox = new Outbox(journal, clock, () => observer.interval);
  const notices = new Notices((notice) => outbox.take(notice), logger);
  const observer = new Observer({ server, table, containment, clock, logger, notices, dataDir: options.dataDir });
  const wheel = new Wheel(clock);
  const sockets = new NotifySockets({
    script: join(agentDir, "tailherd-notify"),
    findPerl: () => (options.perl === null ? undefined : findTool("perl")),
    clock,
    logger,
  });
  const beats = new BeatServer({ agentDir, clock, logger });
  const supervisor = new Supervisor({
    table,
    containment,
    clock,
    logger,
    server,
    owner,
    runRoot,
    shims: new Shims({ root: runRoot, bootId: table.bootId(), clock, logger }),
    random: Math.random,
    pace: new Pace(LAUNCHES_PER_TURN),
    checks: { clock, wheel, gates: { light: new Gate(LOOKS_AT_ONCE), heavy: new Gate(COMMANDS_AT_ONCE) } },
    notify: { sockets, agentDir, owner },
    beats,
    changed: (instance) => observer.changed(instance),
    lookAround: () => observer.match(),
    removed: (service, index) => observer.removed(service, index),
    event: (event) => notices.send({ notice: "event", data: event }),
    memoryOf: (instance) => observer.memoryOf(instance),
    openOutput: (directory, { spec }, index) =>
      openOutputLog({
        runDir: directory.output,
        logDir: join(agentDir, "output", directory.key),
        maxSize: spec.logs.max_size,
        clock,
        logger,
        ...(options.puncher !== undefined && { puncher: options.puncher }),
        freeze: () => supervisor.freeze(spec.name, index),
        onDropped: (dropped) => notices.send({ notice: "event", data: droppedEvent(spec.name, index, dropped) }),
      }),
  });
  const droppedEvent = (service: string, index: number, dropped: { lines: number; bytes: number; reason: string }) => ({
    type: "output.dropped" as const,
    id: `dropped:${crypto.randomUUID()}`,
    at: new Date(clock.now()).toISOString(),
    service,
    server_id: server.id,
    index,
    by: null,
    ...dropped,
  });
  const desired = new DesiredStore({ agentDir, runRoot, clock, logger });
  const kept = await desired.open();
  const own = options.locked === undefined ? null : new OwnFile(options.locked.services);
  supervisor.standingsTold(kept.standings);
  await supervisor.restore(own?.restore(kept.services) ?? kept.services);
  observer.attach(supervisor);
  // A journal that was lost may have held ends that no hub has heard of; each instance keeps its last ones.
  if (journal.isNew) supervisor.tellEnds();
  supervisor.reconcile();
  observer.start(kept.update_interval_ms);
  const facts = { locked: own !== null, allow_run: own === null && options.allowRun === true };
  // The handlers are made last.
  const act: OwnAct = (...asked) => createOwnAct(supervisor, handlers.act, leaving.signal)(...asked);
  const commands = new Commands({
    ids: await CommandIds.open(join(agentDir, "commands"), clock, logger),
    act,
    table,
    clock,
    logger,
    tell: (notice) => notices.send(notice),
    allowRun: facts.allow_run,
    locked: facts.locked,
  });
  // Not waited for: what cannot be ended at once must not hold up the services.
  const unfinished = commands.tellUnfinished();
  const herd = await openTasks({
    agentDir,
    serverId: server.id,
    facts,
    supervisor,
    journal,
    notices,
    act,
    table,
    clock,
    logger,
  });
  const { tasks, scheduler, wishes } = herd;
  const parts = {
    supervisor,
    observer,
    desired,
    notices,
    commands,
    tasks,
    scheduler,
    wishes,
    table,
    containment,
    clock,
    own,
  };
  const handlers = createHandlers(parts);
  const link = new HubLink({ handlers, outbox, journal, facts, clock, logger });
  const leaving = new AbortController();
  herd.start();
  const linked = follow(options, link, leaving.signal);
  return {
    server,
    call: (method, params, signal = leaving.signal) => handlers[method](params, signal),
    open() {
      const [own, hubs] = channelPair();
      void link.serve(own, null);
      return hubs;
    },
    async close() {
      release();
      leaving.abort();
      link.close();
      await linked;
      await observer.close();
      await Promise.all([commands.close(), herd.close()]);
      await unfinished;
      notices.close();
      await supervisor.close();
      await sockets.close();
      beats.close();
      wheel.close();
      journal.close();
      await desired.close();
      containment.close();
    },
  };
}

/** Stays linked to the hub of the membership, if there is one. */
async function follow(options: AgentOptions, link: HubLink, signal: AbortSignal): Promise<void> {
  const { membership, logger, clock = systemClock } = options;
  if (membership === undefined) return;
  const { hub_url, hub_id, hub_key, server_id, private_key } = membership;
  const pinned = { serverId: server_id, privateKey: private_key, hubId: hub_id, hubKey: hub_key };
  const news = options.linkNews ?? logNews(logger, hub_url);
  await stayLinked({ link, clock, news, hubUrl: hub_url, pinned, random: Math.random }, signal);
}
