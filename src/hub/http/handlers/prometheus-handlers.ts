// `GET /metrics`, for Prometheus and whatever reads its formats.
import { MINUTE } from "../../../base/units.ts";
import type { MetricsStats } from "../../metrics/metrics-store.ts";
import { Media, type HandlersOf } from "../define-routes.ts";
import type { HubParts } from "../hub-parts.ts";
import { collectHub } from "../prometheus/collect-hub.ts";
import { collectServers } from "../prometheus/collect-servers.ts";
import { collectServices } from "../prometheus/collect-services.ts";
import { collectTasks } from "../prometheus/collect-tasks.ts";
import { chooseFormat, Exposition, MEDIA_TYPES } from "../prometheus/exposition.ts";

/** Asking the store starts its process, which ends by itself: not with each scrape. */
const STATS_EVERY = 5 * MINUTE;
/** Milliseconds of work after which others have their turn. */
const SLICE = 5;

/** The handler of the scrape. */
export function prometheusHandlers(parts: HubParts): HandlersOf<"GET /metrics"> {
  const statsOf = rarely(parts);
  return {
    async "GET /metrics"({ incoming }) {
      const format = chooseFormat(incoming.headers.accept);
      const exposition = new Exposition(format);
      collectHub(parts, await statsOf(), exposition);
      const leftOut = await inTurns(collectServers(parts, exposition));
      await inTurns(collectServices(parts, exposition));
      collectTasks(parts, exposition);
      exposition.begin({
        name: "tailherd_hub_samples_left_out",
        type: "gauge",
        help: "Samples of machines that this answer has no room for.",
      });
      exposition.add({}, leftOut);
      return new Media(exposition.text(), MEDIA_TYPES[format]);
    },
  };
}

/** What the metrics' store last told of itself. */
function rarely({ metrics, clock }: HubParts): () => Promise<MetricsStats | undefined> {
  let known: MetricsStats | undefined;
  let askedAt: number | undefined;
  let asking: Promise<MetricsStats | undefined> | undefined;
  const ask = (): Promise<MetricsStats | undefined> => {
    askedAt = clock.monotonic();
    return metrics
      .stats()
      .then((stats) => (known = stats))
      .catch(() => known)
      .finally(() => (asking = undefined));
  };
  return async () => {
    if (askedAt === undefined || clock.monotonic() - askedAt >= STATS_EVERY) asking ??= ask();
    return known ?? (await asking);
  };
}

/** Runs it to its end, in slices: thousands of servers do not hold the loop. */
async function inTurns<T>(work: Generator<undefined, T>): Promise<T> {
  let began = performance.now();
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (performance.now() - began < SLICE) continue;
    await new Promise(setImmediate);
    began = performance.now();
  }
}
