// The agent's composition root: wires supervisor, sampler, output and desired state, and answers what a hub asks.
import { createHash } from "node:crypto";
import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "../base/clock.ts";
import { DAY } from "../base/units.ts";
import type { AgentConnection } from "../contract/agent.ts";
import type { Logger } from "../runtime/logger.ts";
import { DesiredStore } from "./desired/desired-store.ts";
import { createHandlers } from "./handlers.ts";
import { openIdentity } from "./identity.ts";
import { Notices } from "./notices.ts";
import { Observer } from "./observer.ts";
import { createProcessTable } from "./processes/create-process-table.ts";
import type { Puncher } from "./spool/output-log.ts";
import { openOutputLog } from "./spool/open-output-log.ts";
import { openContainment } from "./supervisor/open-containment.ts";
import { Pace } from "./supervisor/pace.ts";
import { Shims } from "./supervisor/shims.ts";
import { Supervisor } from "./supervisor/supervisor.ts";

/** A launch takes about a millisecond, several on a busy disk; between so many of them others are heard. */
const LAUNCHES_PER_TURN = 10;

/** An agent that runs in this process. */
export interface Agent {
  connection: AgentConnection;
  /** Lets go of everything; never stops a service. */
  close(): Promise<void>;
}

export interface AgentOptions {
  /** The agent's files are in its folder `agent`. */
  dataDir: string;
  /** How this server is called; the machine's host name unless given. */
  serverName?: string;
  clock?: Clock;
  logger: Logger;
  /** Gives the space of read output back; null: as on a filesystem without holes. */
  puncher?: Puncher | null;
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
  const server = await openIdentity(agentDir, options.serverName, clock);
  const owner = createHash("sha256").update(realpathSync(agentDir)).digest("hex").slice(0, 12);
  const table = createProcessTable();
  const containment = openContainment({ owner, table, clock, logger });
  const notices = new Notices(logger);
  const observer = new Observer({ server, table, containment, clock, logger, notices, dataDir: options.dataDir });
  const supervisor = new Supervisor({
    table,
    containment,
    clock,
    logger,
    server,
    owner,
    runRoot,
    shims: new Shims({ root: runRoot, bootId: table.bootId(), logger }),
    random: Math.random,
    pace: new Pace(LAUNCHES_PER_TURN),
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
  await supervisor.restore(kept.services);
  observer.attach(supervisor);
  supervisor.reconcile();
  observer.start(kept.update_interval_ms);
  const handlers = createHandlers({ supervisor, observer, desired, notices, table, containment, clock });
  return {
    connection: connect(server, handlers, {
      listen(listener) {
        const listening = notices.listen(listener);
        queueMicrotask(() => supervisor.tellEnds());
        return listening;
      },
    }),
    async close() {
      release();
      await observer.close();
      notices.close();
      await supervisor.close();
      await desired.close();
      containment.close();
    },
  };
}

/** In one process calls are direct; what a caller may not change is copied by whoever keeps it. */
function connect(
  server: AgentConnection["server"],
  handlers: ReturnType<typeof createHandlers>,
  { listen }: Pick<AgentConnection, "listen">,
): AgentConnection {
  return {
    server: { id: server.id, name: server.name },
    call: (method, params, options) => handlers[method](params, options?.signal ?? new AbortController().signal),
    listen,
  };
}
