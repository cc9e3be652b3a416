// The port behind which the hub keeps what people entered and what happened. Asynchronous, and knows nothing of SQLite or of
// being the only hub. Every change of desired state and its audit entry are one transaction: a method that takes an `Actor`
// has stored both when it resolves (P7, P15), and nothing when it rejects.
import type { ServiceSpec, ServiceRecord, DesiredState } from "../../contract/service.ts";
import type { ServiceAction, WishAction } from "../../contract/operations.ts";
import type { Settings } from "../../contract/settings.ts";
import type { StoredEvent, TailherdEvent } from "../../contract/events.ts";
import type { AuditEntry, Token } from "../../contract/transfer.ts";
import type { ActedOn } from "./wish.ts";
import type { Role } from "../../contract/roles.ts";
import type { RollingOptions } from "../../contract/rollout.ts";
import type { CommandAction } from "../../contract/commands.ts";
import type { Operation, OperationTarget } from "../../contract/operations.ts";
import type { JoinToken } from "../../contract/server.ts";
import type { ExitRecord } from "../../contract/status.ts";
import type { TaskRun, TaskRunDetail, TaskSpec } from "../../contract/task.ts";

/** Who acts and from where, for the audit. */
export interface Actor {
  /** As in `Principal.name`. */
  principal: string;
  /** Door and address: "socket", "127.0.0.1". */
  from: string;
}

/** What must be true of the stored definition for a write to go through. */
export type Expectation = { kind: "absent" } | { kind: "revision"; revision: number } | { kind: "any" };

/** Outcome of a write of a definition; the store does not throw for what a person can cause. */
export type WriteOutcome =
  | { outcome: "stored"; record: ServiceRecord }
  | { outcome: "exists" }
  | { outcome: "absent" }
  | { outcome: "revision_differs"; record: ServiceRecord }
  | { outcome: "owned"; owner: string };

/** A definition among changes that are made together. */
export interface DefinitionPut {
  change: "put";
  spec: ServiceSpec;
  desired?: DesiredState;
  owner: string | null;
  expect?: Expectation;
}

/**
 * What becomes of tasks when settings are saved. replace: they are those of `scheduled_tasks`, and no others. merge: those are added or
 * changed, and none goes. keep: none changes, whatever the settings that were read a while ago say.
 */
export type TasksOfSettings = "replace" | "merge" | "keep";

/** A task as stored. */
export interface StoredTask {
  spec: TaskSpec;
  /** Fields of the predecessor's file that no task has. */
  unknown: Record<string, unknown>;
  revision: number;
  owner: string | null;
  /** ISO 8601. */
  created_at: string;
  updated_at: string;
}

/** Outcome of a write of a task. */
export type TaskWriteOutcome =
  | { outcome: "stored"; task: StoredTask }
  | { outcome: "exists" }
  | { outcome: "absent" }
  /** It is not at the revision that was expected. */
  | { outcome: "conflict"; revision: number }
  | { outcome: "owned"; owner: string };

/** What a write of a task expects to find. */
export type TaskExpectation = "absent" | "present" | "any" | { revision: number };

/** Which runs of a task, newest first. */
export interface RunQuery {
  task: string;
  server?: string | undefined;
  limit: number;
  /** As in `next` of the answer before. */
  before?: string | undefined;
}

/** One change of `commitPlan`; `expect` says what the plan was made from (left out: anything). Who owns it is not asked. */
export type PlanChange =
  | DefinitionPut
  | { change: "delete"; name: string; expect?: Expectation }
  /** `tasks` as in `putSettings`. */
  | { change: "settings"; settings: Settings; tasks: TasksOfSettings }
  | { change: "put_task"; spec: TaskSpec; owner: string | null }
  | { change: "delete_task"; name: string }
  /** Servers of an import, added or replaced by id. */
  | { change: "servers"; servers: StoredServer[] };

/** A token as stored: the secret only as SHA-256, hex. */
export interface StoredToken extends Token {
  secret_hash: string;
}

/** A browser's session; the cookie's secret only as SHA-256, hex. Times in Unix milliseconds. */
export interface StoredSession {
  secret_hash: string;
  name: string;
  role: Role;
  created_at: number;
  expires_at: number;
}

/** Of which service, on which server; of all unless given. */
export interface EventFilter {
  service?: string | undefined;
  server?: string | undefined;
}

/** An end with its instance. */
export type StoredExit = ExitRecord & { index: number; server_id: string | null };

/** A server as stored. Times in Unix milliseconds; what it last said may be some minutes old. */
export interface StoredServer {
  id: string;
  name: string;
  host: string;
  ip: string;
  tags: string[];
  /** Of a bare node: what it said at its registration. */
  services: string[];
  metadata: Record<string, unknown>;
  kind: "hub" | "agent" | "bare";
  /** An agent's key; null for others, and where it was taken back. */
  public_key: string | null;
  /** SHA-256, hex, of a bare node's credential; null for others, and where it was taken back. */
  credential_hash: string | null;
  agent_version: string | null;
  /** Milliseconds between its heartbeats; null: the fleet's. */
  heartbeat_interval: number | null;
  created_at: number;
  last_seen: number | null;
  last_metrics: Record<string, number>;
  joined_with: string | null;
  /** What the predecessor's `servers.json` said of it, field by field, to be written back. */
  legacy: Record<string, unknown> | null;
}

/** A join token as stored. */
export interface StoredJoinToken extends JoinToken {
  secret_hash: string;
}

/** A service of a rolling restart. */
export interface RollingService {
  name: string;
  /** Instances that may be in hand, and not ready, at the same time. */
  batch: number;
  max_unavailable: number;
  /** Saved revision when it began, and the one that most of its instances ran then; null where none told of one. */
  revision: number;
  before: number | null;
}

/** A rolling restart, and how far it is where the states of its targets do not tell. */
export interface RollingPlan {
  what: "rolling";
  options: RollingOptions;
  /** Where the one who asked came from; `by` is in the operation. */
  from: string;
  /** One after the other, in this order. */
  services: RollingService[];
  /** Generations of instances as they were before their restart, by place; of targets that are in hand. */
  before: Record<number, number | null>;
  /** The failure after which nothing more is begun; noted only where something is to be put back. */
  halt: { place: number; state: "failed" | "unknown"; message: string } | null;
  /** The definition of a service that was put back, and the revision that it came from: targets that go on are restarted with it. */
  back: { service: string; revision: number } | null;
}

/** What an operation does to each of its targets. */
export type OperationPlan =
  | { what: "act"; action: ServiceAction }
  | RollingPlan
  | {
      what: "command";
      action: CommandAction;
      service_name: string | null;
      argv: string[] | null;
      /** Seconds. */
      timeout: number;
      queue_for: number;
      width: number;
      stop_after_failures: number | null;
    };

/** An operation as stored. Outputs lie apart: those of `targets` are empty. */
export interface StoredOperation {
  about: Omit<Operation, "targets" | "counts">;
  plan: OperationPlan;
  targets: OperationTarget[];
}

/** A target that changed, and what it printed when that is known to the end. */
export interface TargetChange {
  place: number;
  target: OperationTarget;
  output?: string;
}

/** What a hub is to its agents, for good: Ed25519 keys as in runtime/link/keys.ts. */
export interface HubIdentity {
  id: string;
  public_key: string;
  private_key: string;
}

export interface Store {
  /** In the order in which they were added. */
  listServices(): Promise<ServiceRecord[]>;
  getService(name: string): Promise<ServiceRecord | undefined>;
  /** A saved revision, for "running r12, saved r13"; the last 50 of each service are kept. */
  getRevision(name: string, revision: number): Promise<ServiceSpec | undefined>;
  /** Adds or replaces a definition. A definition that a file owns is `owned`, unless `owner` names that file. Saving an equal spec keeps the revision. */
  putService(
    spec: ServiceSpec,
    expect: Expectation,
    actor: Actor,
    options?: { desired?: DesiredState; owner?: string | null },
  ): Promise<WriteOutcome>;
  /**
   * Keeps what an act on a service, or on a part of it, wishes from now on: see `wishAfter`. Changes no revision. `at` (Unix
   * milliseconds) is of an act that is told later: `overtaken`, and nothing changed, where somebody has wished something since.
   */
  setDesired(
    name: string,
    action: WishAction,
    on: ActedOn,
    actor: Actor,
    at?: number,
  ): Promise<WriteOutcome | { outcome: "overtaken" }>;
  deleteService(name: string, actor: Actor): Promise<WriteOutcome>;
  /** All of these or none of them, and one audit entry each; the records put. Rejects with `revision_conflict` when an expectation is not met. */
  commitPlan(changes: PlanChange[], actor: Actor): Promise<ServiceRecord[]>;

  /** In the order in which they were added. */
  listTasks(): Promise<StoredTask[]>;
  /** Adds or replaces a task. One that a file owns is `owned`, unless `owner` names that file. Saving an equal one keeps the revision. */
  putTask(spec: TaskSpec, expect: TaskExpectation, actor: Actor, owner?: string | null): Promise<TaskWriteOutcome>;
  /** With its history. */
  deleteTask(name: string, actor: Actor): Promise<TaskWriteOutcome>;
  /**
   * Stores what agents tell of runs, each by its id; those that were new or are further on than what is stored. Of each task the newest
   * `RUNS_KEPT_OF_TASK` stay. Output is stored with a run that ended.
   */
  noteRuns(runs: readonly TaskRunDetail[]): Promise<TaskRun[]>;
  /** Newest due time first, without output; `next` is null where there are no older ones. */
  listRuns(query: RunQuery): Promise<{ runs: TaskRun[]; next: string | null }>;
  getRun(task: string, id: string): Promise<TaskRunDetail | undefined>;
  /** The newest run of each task that began or waits to (of those that did not happen the newest, where there is none), and the newest that is done. */
  lastRuns(): Promise<TaskRun[]>;
  /** Drops runs that were due before this, Unix milliseconds. */
  dropRunsBefore(time: number): Promise<void>;

  /** The tasks are among them (`scheduled_tasks`). */
  getSettings(): Promise<Settings>;
  /** Rejects with `owned_by_file` where a task that would change is a file's. */
  putSettings(settings: Settings, actor: Actor, tasks?: TasksOfSettings): Promise<void>;

  /** In the order in which they came. */
  listServers(): Promise<StoredServer[]>;
  /**
   * Adds or replaces a server, with an audit entry of this act, and with it definitions that have to change at the same time; all of
   * these or none. Rejects with `revision_conflict` when an expectation of a definition is not met.
   */
  putServer(
    server: StoredServer,
    act: string,
    actor: Actor,
    definitions?: readonly DefinitionPut[],
  ): Promise<{ outcome: "stored"; records: ServiceRecord[] } | { outcome: "name_taken" }>;
  /**
   * A server comes in: uses up one use of the join token (unless null) and stores the server, all or nothing. `token_spent`: no such
   * token, used up, expired, or made for another server.
   */
  enrolServer(
    server: StoredServer,
    tokenHash: string | null,
    actor: Actor,
  ): Promise<{ outcome: "stored" | "name_taken" | "token_spent" }>;
  deleteServer(id: string, actor: Actor): Promise<boolean>;
  /** What servers last said; no audit. Best effort. */
  noteSeen(servers: readonly Pick<StoredServer, "id" | "last_seen" | "last_metrics">[]): Promise<void>;
  /** Made when first asked for, and the same from then on. */
  hubIdentity(make: () => HubIdentity): Promise<HubIdentity>;

  /** Newest first; those that ended count for nothing are left in for a while. */
  listJoinTokens(): Promise<JoinToken[]>;
  createJoinToken(token: StoredJoinToken, actor: Actor): Promise<void>;
  deleteJoinToken(id: string, actor: Actor): Promise<boolean>;
  /** A token that counts now. */
  findJoinToken(secretHash: string): Promise<StoredJoinToken | undefined>;

  /** Oldest first. */
  listOperations(): Promise<StoredOperation[]>;
  /** Stores a new one with its audit entry, and forgets those of these ids. */
  createOperation(operation: StoredOperation, forget: readonly string[], actor: Actor): Promise<void>;
  /** Stores what became of one, and what its plan is now where that changes; no audit. */
  noteOperation(about: StoredOperation["about"], changes: readonly TargetChange[], plan?: RollingPlan): Promise<void>;
  /** What its targets printed, by place; of one target only where a place is given. Those that printed nothing are left out. */
  operationOutputs(id: string, place?: number): Promise<Map<number, string>>;

  /** Stores what is new (by event id), ignores what is known; resolves to the new ones with their seq. */
  appendEvents(events: TailherdEvent[]): Promise<StoredEvent[]>;
  /** Oldest first after a seq, for resuming; or newest first before one. */
  listEvents(
    query: EventFilter & { limit: number } & ({ after: number } | { before?: number }),
  ): Promise<StoredEvent[]>;
  /** Newest first. */
  listExits(service: string, limit: number): Promise<StoredExit[]>;
  /** Drops events and audit entries older than this, Unix milliseconds. */
  dropHistoryBefore(time: number): Promise<void>;
  listAudit(query: { before?: number; limit: number }): Promise<AuditEntry[]>;
  /** For acts that change nothing stored (kill, restart, backup) and must still be on record before they happen; `what` was asked for. */
  recordAudit(act: string, target: string, actor: Actor, what?: unknown): Promise<void>;

  listTokens(): Promise<Token[]>;
  createToken(token: StoredToken, actor: Actor): Promise<{ outcome: "stored" } | { outcome: "exists" }>;
  deleteToken(id: string, actor: Actor): Promise<boolean>;
  findToken(secretHash: string): Promise<StoredToken | undefined>;
  /** Best effort; may be written late. */
  touchToken(id: string, at: number): Promise<void>;
  createSession(session: StoredSession, actor: Actor): Promise<void>;
  findSession(secretHash: string): Promise<StoredSession | undefined>;
  /** Nothing when there is none. */
  deleteSession(secretHash: string, actor: Actor): Promise<void>;

  /** Writes a consistent copy to a file that does not exist yet. */
  backup(file: string): Promise<void>;
  /** Whether writes go through now, and if not why ("the disk is full"). */
  health(): { ok: boolean; problem: string | null };
  close(): Promise<void>;
}
