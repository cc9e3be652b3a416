// What follows when a link opens or closes, or a server falls silent: the agent gets all that is desired and tells all that is, and
// what is shown of its instances is marked as old.
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { EventFeed } from "../live/event-feed.ts";
import type { Deployment } from "../services/deployment.ts";
import type { StatusBoard } from "../services/status-board.ts";
import type { AgentSession } from "./agent-session.ts";
import type { Agents } from "./agents.ts";
import type { Intake } from "./intake.ts";
import type { Observed } from "./observed.ts";
import type { ServerBook, StateChange } from "./server-book.ts";

export interface KeepToldParts {
  book: ServerBook;
  agents: Agents;
  deployment: Deployment;
  observed: Observed;
  board: StatusBoard;
  intake: Intake;
  events: EventFeed;
  clock: Clock;
  logger: Logger;
}

/** Does so until disposed. */
export function keepServersTold(parts: KeepToldParts): Disposable {
  const { agents, book, logger } = parts;
  const stack = new DisposableStack();
  stack.use(
    agents.opened.on((session) => {
      greet(session, parts).catch((error: unknown) => {
        logger.error({ err: error, server: session.server.name }, "Cannot bring an agent to the desired state");
        // It dials again, and is told again.
        session.close(1011, "it did not take the desired state");
      });
    }),
  );
  stack.use(book.stateChanged.on((change) => tell(change, parts)));
  return stack;
}

/** Desired state down, observed state up. */
async function greet(session: AgentSession, { agents, deployment, intake, observed }: KeepToldParts): Promise<void> {
  const { id } = session.server;
  await deployment.pushAll(id);
  const { instances, system } = await agents.call(id, "snapshot", {});
  // What it does not tell any more is not there any more.
  for (const service of observed.servicesOn(id)) observed.removeFrom(service, id);
  intake.takeSnapshot(id, instances, system);
  agents.told.emit(id);
}

function tell({ server, from }: StateChange, { board, deployment, observed, events, clock }: KeepToldParts): void {
  for (const service of new Set([...observed.servicesOn(server.id), ...deployment.servicesOn(server.id)])) {
    board.touch(service);
  }
  const at = new Date(clock.now()).toISOString();
  events.add({
    type: "server.state",
    id: `server.state:${server.id}:${at}:${server.state}`,
    at,
    service: null,
    server_id: server.id,
    index: null,
    by: null,
    state: server.state,
    from,
    since: server.last_seen,
  });
}
