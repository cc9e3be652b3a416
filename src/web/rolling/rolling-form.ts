// The form of a rolling restart: what was typed as options for the hub, and what will happen as a sentence. Pure.
import { parseDuration, SECOND } from "../../base/units.ts";
import type { RollingOptions } from "../../contract/rollout.ts";
import type { ServiceStatus } from "../../contract/status.ts";
import { plural } from "../ui/format.ts";

/** What is typed. */
export interface RollingDraft {
  batch: string;
  /** Empty: as the batch. */
  max_unavailable: string;
  stable: string;
  timeout: string;
  rollback: boolean;
}

/** The hub's own defaults. */
export const ROLLING_DEFAULTS: RollingDraft = {
  batch: "1",
  max_unavailable: "",
  stable: "5s",
  timeout: "2m",
  rollback: false,
};

/** What is wrong, by field. */
export type RollingErrors = Partial<Record<keyof RollingDraft, string>>;

/** The options where nothing is wrong. */
export function readRolling(draft: RollingDraft): { options: RollingOptions | null; errors: RollingErrors } {
  const errors: RollingErrors = {};
  const amount = (key: "batch" | "max_unavailable"): RollingOptions["batch"] => {
    const text = draft[key].replaceAll(/\s/g, "");
    if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
    if (!/^(?:100|[1-9]\d?)%$/.test(text)) errors[key] = 'must be a number of instances, or a share like "25%"';
    return text;
  };
  const seconds = (key: "stable" | "timeout"): number => {
    const text = draft[key].trim();
    const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : (parseDuration(text) ?? NaN) / SECOND;
    if (Number.isNaN(value)) errors[key] = 'must be seconds, or a text like "10s" or "5m"';
    return value;
  };
  const options: RollingOptions = {
    batch: amount("batch"),
    max_unavailable: draft.max_unavailable.trim() === "" ? null : amount("max_unavailable"),
    stable: seconds("stable"),
    timeout: seconds("timeout"),
    rollback: draft.rollback,
  };
  if (options.stable > 3600) errors.stable ??= "must be an hour or less";
  if (options.timeout <= options.stable) errors.timeout ??= "must be longer than each has to be ready";
  return { options: Object.keys(errors).length === 0 ? options : null, errors };
}

/** Of one service: how many of its instances would be restarted, and where they are. */
export interface Share {
  count: number;
  servers: readonly string[];
}

/** Those that should run, and have not ended in peace: the hub decides the same when it begins. */
export function shareOf({ desired, instances, stopped_instances, stopped_servers }: ServiceStatus): Share {
  const meant = instances.filter(
    ({ index, server_id, state }) =>
      desired === "running" &&
      state !== "exited" &&
      !stopped_instances.includes(index) &&
      !stopped_servers.includes(server_id),
  );
  return { count: meant.length, servers: [...new Set(meant.map(({ server_id }) => server_id))] };
}

/** "20 instances on 4 servers, 2 at a time, each ready for 5 s before the next: at least 50 s." */
export function rollingWords(shares: readonly Share[], { batch, max_unavailable, stable }: RollingOptions): string {
  const counts = shares.map(({ count }) => count).filter((count) => count > 0);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return "Nothing of it should run, so there is nothing to restart.";
  const servers = new Set(shares.flatMap((share) => share.servers)).size;
  const widths = counts.map((count) =>
    Math.min(count, countOf(batch, count), max_unavailable === null ? Infinity : countOf(max_unavailable, count)),
  );
  const steps = counts.reduce((sum, count, at) => sum + Math.ceil(count / (widths[at] ?? 1)), 0);
  const width = new Set(widths).size === 1 ? `${widths[0]}` : `${Math.min(...widths)} to ${Math.max(...widths)}`;
  return [
    `${plural(total, "instance")}${counts.length > 1 ? ` of ${counts.length} services` : ""}${servers > 1 ? ` on ${servers} servers` : ""}`,
    counts.length > 1 && "one service after the other",
    `${width} at a time`,
    `each ready for ${durationWords(stable)} before the next: at least ${durationWords(steps * stable)}.`,
  ]
    .filter(Boolean)
    .join(", ");
}

/** As the hub counts: a share is rounded down, and is at least one. */
function countOf(amount: RollingOptions["batch"], total: number): number {
  if (typeof amount === "number") return amount;
  return Math.max(1, Math.floor((total * Number.parseInt(amount, 10)) / 100));
}

/** "50 s", "2 min", "2 min 5 s" of seconds. */
export function durationWords(seconds: number): string {
  const whole = Math.round(seconds * 10) / 10;
  if (whole < 120) return `${whole} s`;
  const rest = Math.round(whole % 60);
  return `${Math.floor(whole / 60)} min${rest === 0 ? "" : ` ${rest} s`}`;
}
