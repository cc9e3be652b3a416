// What holds an instance's processes together, so that none is left behind. `containment-cgroups.ts` where the kernel's cgroup v2
// is writable, `containment-groups.ts` elsewhere; both are tried by one suite of cases.
import type { ServiceSpec } from "../../contract/service.ts";
import type { ProcessIdentity } from "./run-directory.ts";

/** What is known of an instance's processes when they are looked for. */
export interface Contained {
  key: string;
  /** The environment marker that every process of it carries, unless it dropped it. */
  marker: string;
  /** Never counted, never signalled by `leftovers`' users: it is ours. */
  shim: ProcessIdentity | null;
  /** The main process of the last start: its session holds what did not leave it. */
  main: ProcessIdentity | null;
  /** The shim holds sockets for the next start: `killAll` spares it, and `whenEmpty` does not wait for it. */
  keepsShim?: boolean;
}

export type Prepared =
  | {
      ok: true;
      /** cgroup directories that the shim enters before anything else. */
      joins: string[];
    }
  | { ok: false; path: string; words: string };

export interface Containment {
  readonly kind: "cgroups" | "groups";
  /** Makes an instance's place and sets its limits; refuses limits that this machine cannot hold, with the reason. */
  prepare(key: string, limits: ServiceSpec["limits"]): Prepared;
  /** Why these limits cannot be held here; undefined when they can. Changes nothing. */
  problem(limits: ServiceSpec["limits"]): { path: string; words: string } | undefined;
  /** Pids of what lives of an instance beside shim and main process. */
  leftovers(instance: Contained): number[];
  /** Ends all of it with SIGKILL, the shim too where it lives in the same cgroup and is not kept; resolves when nothing is left. */
  killAll(instance: Contained): Promise<void>;
  /** Resolves when nothing is left (true), or when `signal` is aborted (false). Kills nothing. A shim that is not kept must have been told to quit. */
  whenEmpty(instance: Contained, signal: AbortSignal): Promise<boolean>;
  /** Stops its processes for a moment, until disposed. */
  freeze(instance: Contained): Promise<AsyncDisposable>;
  /** Lets go on what an agent froze that ended before it could thaw it; cheap when nothing is frozen. */
  thaw(instance: Contained): void;
  /** How many of its processes the kernel ended for want of memory, since its place was made. */
  oomKills(key: string): number;
  /** Directories to read its statistics from. */
  directories(key: string): readonly string[];
  /** Gives its place back; nothing of it may live. */
  remove(key: string): void;
  /** Gives back what holds nothing any more. */
  close(): void;
}
