// What is no longer kept: by age, and under a cap on the disk. Keys begin with the time, so that what goes lies side by side.
import { DAY, HOUR } from "../../base/units.ts";
import { hourKey, rollupKey, type Hours } from "./hours.ts";
import type { RetentionPolicy } from "./metrics-store.ts";
import { LEVELS } from "./rollup.ts";

/** Rows that one transaction drops. */
const STEP = 500;
/** Pages that are given back to the disk at once. */
const PAGES = 4096;

/** Drops at most some rows and tells whether there may be more to drop. */
export function dropSome(hours: Hours, policy: RetentionPolicy, now: number): boolean {
  const { db } = hours;
  const rawBefore = hourKey(Math.floor((now - policy.raw * DAY) / HOUR), 0);
  const rollupBefore = (level: "fine" | "coarse"): bigint =>
    rollupKey(Math.max(0, Math.floor((now - policy[level] * DAY) / LEVELS[level].period)));
  let more = dropBelow(hours, "hour", "id", rawBefore);
  more = dropBelow(hours, "part", "hour", rawBefore) || more;
  for (const level of ["fine", "coarse"] as const) more = dropBelow(hours, level, "id", rollupBefore(level)) || more;
  more = dropOverCap(hours, policy, now) || more;
  db.exec(`PRAGMA incremental_vacuum(${PAGES})`);
  return more;
}

function dropBelow(
  hours: Hours,
  table: "hour" | "part" | "fine" | "coarse",
  key: string,
  below: number | bigint,
): boolean {
  const dropped = hours.db
    .prepare(
      `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE ${key} < ? ORDER BY ${key} LIMIT ${STEP})`,
    )
    .run(below).changes;
  if (table === "part") for (const each of hours.pending.keys()) if (each < Number(below)) hours.pending.delete(each);
  return Number(dropped) === STEP;
}

/** The oldest raw hour goes, then the oldest fine buckets; the hour under way and 1 h buckets stay. */
function dropOverCap(hours: Hours, policy: RetentionPolicy, now: number): boolean {
  if (usedBytes(hours) <= policy.bytes) return false;
  const oldest = oldestHour(hours);
  if (oldest !== undefined && oldest < Math.floor(now / HOUR)) {
    dropBelow(hours, "part", "hour", hourKey(oldest + 1, 0));
    dropBelow(hours, "hour", "id", hourKey(oldest + 1, 0));
    return true;
  }
  const first = hours.db.prepare("SELECT min(id) >> 48 AS period FROM fine").get()?.period;
  if (first === null || first === undefined || Number(first) >= Math.floor(now / LEVELS.fine.period)) return false;
  dropBelow(hours, "fine", "id", rollupKey(Number(first) + 1));
  return true;
}

/** Bytes of the database that hold something. */
export function usedBytes(hours: Hours): number {
  const pragma = (name: string): number => Number(hours.db.prepare(`PRAGMA ${name}`).get()?.[name]);
  return (pragma("page_count") - pragma("freelist_count")) * pragma("page_size");
}

/** The oldest hour with raw samples, since 1970. */
export function oldestHour(hours: Hours): number | undefined {
  const ids = ["SELECT min(id) AS id FROM hour", "SELECT min(hour) AS id FROM part"].flatMap((sql) => {
    const id = hours.db.prepare(sql).get()?.id;
    return id === null || id === undefined ? [] : [Number(id)];
  });
  return ids.length === 0 ? undefined : Math.floor(Math.min(...ids) / hourKey(1, 0));
}

/** Drops everything of a server, by its name. Inside a transaction. */
export function forgetServer(hours: Hours, name: string): void {
  const server = hours.servers.find(name);
  if (server === undefined) return;
  const mask = hourKey(1, 0) - 1;
  for (const [table, key] of [
    ["hour", "id"],
    ["part", "hour"],
    ["fine", "id"],
    ["coarse", "id"],
  ] as const) {
    hours.db.prepare(`DELETE FROM ${table} WHERE ${key} & ${mask} = ?`).run(server);
  }
  hours.db.prepare("DELETE FROM server WHERE id = ?").run(server);
  hours.servers.drop(name);
  for (const key of hours.pending.keys()) if (key % (mask + 1) === server) hours.pending.delete(key);
}
