// Drops events and audit entries that are older than the setting says, and old runs of tasks: once a day, beginning some minutes after the start.
import type { Clock, Timer } from "../../base/clock.ts";
import { DAY, MINUTE } from "../../base/units.ts";
import { RUNS_KEPT } from "../../contract/task.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Store } from "../store/store.ts";
import type { Catalog } from "./catalog.ts";

const FIRST_DELAY = 5 * MINUTE;

/** Keeps history within `stats_retention_days` until disposed. */
export function keepHistoryShort(parts: { store: Store; catalog: Catalog; clock: Clock; logger: Logger }): Disposable {
  const { store, catalog, clock, logger } = parts;
  let timer: Timer;
  const schedule = (delay: number): void => {
    timer = clock.after(delay, () => {
      schedule(DAY);
      const before = clock.now() - catalog.settings.stats_retention_days * DAY;
      const dropped = store.dropHistoryBefore(before).then(() => store.dropRunsBefore(clock.now() - RUNS_KEPT));
      dropped.catch((error: unknown) => {
        logger.warn({ err: error }, "Cannot drop old history; it is tried again tomorrow");
      });
    });
  };
  schedule(FIRST_DELAY);
  return { [Symbol.dispose]: () => timer.cancel() };
}
