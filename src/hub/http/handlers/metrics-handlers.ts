// The history of metrics: queries, and which processes took most at a past minute.
import { HOUR } from "../../../base/units.ts";
import { unitOf } from "../../../contract/metrics.ts";
import type { HandlersOf } from "../define-routes.ts";
import type { HubParts } from "../hub-parts.ts";

type Keys =
  | "GET /api/metrics/summary"
  | "GET /api/metrics/query"
  | "GET /api/metrics/{id}"
  | "GET /api/servers/{id}/top";

/** How far back a query looks that does not say. */
const DEFAULT_RANGE = HOUR;

/** Handlers of metrics. */
export function metricsHandlers({ book, metrics, clock }: HubParts): HandlersOf<Keys> {
  /** Ids of the servers that are meant: those named and those with one of the tags, or all. */
  const serversOf = (named: string[] | undefined, tags: string[] | undefined): string[] => {
    if (named === undefined && tags === undefined) return book.stored().map(({ id }) => id);
    const tagged = book.stored().filter((server) => tags?.some((tag) => server.tags.includes(tag)) === true);
    return [...new Set([...(named ?? []).map((name) => book.require(name).id), ...tagged.map(({ id }) => id)])];
  };
  return {
    "GET /api/metrics/summary": () => book.summary(),
    async "GET /api/metrics/query"({ query }) {
      const to = query.to === undefined ? clock.now() : Date.parse(query.to);
      const from = query.from === undefined ? to - DEFAULT_RANGE : Date.parse(query.from);
      const { step, series } = await metrics.query({
        servers: serversOf(query.server, query.tag),
        ...(query.service !== undefined && { services: query.service }),
        metrics: query.metric,
        from,
        to,
        step: query.step,
        aggregate: query.aggregate,
      });
      return { step, series: series.map((one) => ({ ...one, unit: unitOf(one.metric) })) };
    },
    "GET /api/metrics/{id}"({ params }) {
      const { id } = book.require(params.id);
      return { server_id: id, history: book.history(id) };
    },
    async "GET /api/servers/{id}/top"({ params, query }) {
      const server = book.require(params.id);
      const at = query.at === undefined ? clock.now() : Date.parse(query.at);
      return (await metrics.topAt(server.id, at)) ?? { at: null, processes: [] };
    },
  };
}
