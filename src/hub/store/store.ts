// The port behind which the hub keeps what people entered and what happened. Asynchronous, and knows nothing of SQLite or of
// being the only hub. Every change of desired state and its audit entry are one transaction: a method that takes an `Actor`
// has stored both when it resolves (P7, P15), and nothing when it rejects.
import type { ServiceSpec, ServiceRecord, DesiredState } from "../../contract/service.ts";
import type { ServiceAction } from "../../contract/operations.ts";
import type { Settings } from "../../contract/settings.ts";
import type { StoredEvent, TailherdEvent } from "../../contract/events.ts";
import type { AuditEntry, Token } from "../../contract/transfer.ts";
import type { Role } from "../../contract/roles.ts";
import type { ExitRecord } from "../../contract/status.ts";

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

/** One change of `commitPlan`; `expect` says what the plan was made from (left out: anything). Who owns it is not asked. */
export type PlanChange =
  | { change: "put"; spec: ServiceSpec; desired?: DesiredState; owner: string | null; expect?: Expectation }
  | { change: "delete"; name: string; expect?: Expectation }
  | { change: "settings"; settings: Settings }
  | { change: "legacy_servers"; servers: Record<string, unknown>[] };

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
  /** Keeps what an act on a service, or on one of its instances, wishes from now on: see `wishAfter`. Changes no revision. */
  setDesired(name: string, action: ServiceAction, index: number | null, actor: Actor): Promise<WriteOutcome>;
  deleteService(name: string, actor: Actor): Promise<WriteOutcome>;
  /** All of these or none of them, and one audit entry each; the records put. Rejects with `revision_conflict` when an expectation is not met. */
  commitPlan(changes: PlanChange[], actor: Actor): Promise<ServiceRecord[]>;

  getSettings(): Promise<Settings>;
  putSettings(settings: Settings, actor: Actor): Promise<void>;
  /** The predecessor's servers as they came, for `export` and for the fleet. */
  getLegacyServers(): Promise<Record<string, unknown>[]>;
  putLegacyServers(servers: Record<string, unknown>[], actor: Actor): Promise<void>;

  /** Stores what is new (by event id), ignores what is known; resolves to the new ones with their seq. */
  appendEvents(events: TailherdEvent[]): Promise<StoredEvent[]>;
  /** Oldest first after a seq, for resuming; or newest first before one. */
  listEvents(
    query: { after: number; service?: string; limit: number } | { before?: number; service?: string; limit: number },
  ): Promise<StoredEvent[]>;
  /** Newest first. */
  listExits(service: string, limit: number): Promise<(ExitRecord & { index: number })[]>;
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
