// The checks of a service with their last results, asked of its servers at the moment: the hub keeps none of them.
import { SECOND } from "../../base/units.ts";
import type { RouteResult } from "../../contract/routes.ts";
import type { Agents } from "../agents/agents.ts";
import type { ServerBook } from "../agents/server-book.ts";
import type { Deployment } from "./deployment.ts";

/** Servers of one service that are asked; who wants to know of more names them one by one. */
const ASKED_AT_ONCE = 25;
/** Milliseconds that an agent may take. */
const DEADLINE = 3 * SECOND;

type Answer = RouteResult<"GET /api/services/{name}/checks">;

/** Of one server, or of all of a service's; of one instance, or of all. Throws `not_found` for an unknown server. */
export async function checksOf(
  service: string,
  which: { server: string | undefined; index: number | undefined },
  parts: { agents: Agents; book: ServerBook; deployment: Deployment },
): Promise<Answer> {
  const { agents, book, deployment } = parts;
  const ids = which.server === undefined ? deployment.serversOf(service) : [book.require(which.server).id];
  const params = { service, index: which.index ?? null };
  const answers = await Promise.all(
    ids.map(async (id, at) => {
      const server = book.nameOf(id) ?? id;
      if (at >= ASKED_AT_ONCE || !agents.isOpen(id)) return { server, checks: null };
      const answer = await agents.call(id, "check_results", params, { deadline: DEADLINE }).catch(() => null);
      return { server, checks: answer?.checks.map((check) => ({ ...check, server_id: id, server })) ?? null };
    }),
  );
  return {
    checks: answers.flatMap(({ checks }) => checks ?? []),
    unheard: answers.flatMap(({ server, checks }) => (checks === null ? [server] : [])),
  };
}
