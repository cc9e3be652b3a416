// One agent's link, from the moment it may speak: the hub's calls go out, what the agent tells comes in. Whatever the agent says of
// who it is, it speaks for its own server only.
import type { Clock } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import type { AgentMethod, AgentNotice, AgentParams, AgentResult } from "../../contract/agent.ts";
import { TailherdError, toFieldIssues } from "../../contract/errors.ts";
import type { TailherdEvent } from "../../contract/events.ts";
import {
  type HubMethod,
  hubMethods,
  type HubParams,
  type HubResult,
  type JournalEntry,
  linkNotices,
} from "../../contract/link.ts";
import type { InstanceStatus } from "../../contract/status.ts";
import type { RpcPeer, RpcServer } from "../../runtime/link/rpc-peer.ts";

/** Milliseconds an agent may take to answer, unless the caller says; acts take as long as their grace periods. */
const DEADLINE = 10 * SECOND;
const UNTIMED: ReadonlySet<AgentMethod> = new Set(["act", "remove", "try_command"]);

/** What a session hands on. */
export interface SessionEar {
  /** Something that is worth something now. */
  hear(session: AgentSession, notice: AgentNotice): void;
  /** Entries of the journal, in order; resolves when they are stored. */
  tell(session: AgentSession, entries: JournalEntry[]): Promise<void>;
}

export interface AgentSessionOptions {
  server: { id: string; name: string };
  /** False in one process, where what comes has its type already and its ids are ours. */
  remote: boolean;
  ear: SessionEar;
  clock: Clock;
}

export class AgentSession {
  readonly server: { id: string; name: string };
  /** What the hub has of which journal. */
  confirmed = { journal: "", seq: 0 };
  private readonly options: AgentSessionOptions;
  private peer: RpcPeer | undefined;

  constructor(options: AgentSessionOptions) {
    this.server = options.server;
    this.options = options;
  }

  /** The link itself, once it stands. */
  attach(peer: RpcPeer): void {
    this.peer = peer;
  }

  close(code: number, reason: string): void {
    this.peer?.close(code, reason);
  }

  /** Asks the agent. Rejects with its error, `agent_away` when the link breaks, `timed_out` when it does not answer. */
  async call<M extends AgentMethod>(
    method: M,
    params: AgentParams<M>,
    options: { signal?: AbortSignal | undefined; deadline?: number | undefined } = {},
  ): Promise<AgentResult<M>> {
    const { peer } = this;
    if (peer === undefined)
      throw new TailherdError("agent_away", `Cannot ask ${this.server.name}: its link is not open yet`);
    const deadline = options.deadline ?? (UNTIMED.has(method) ? undefined : DEADLINE);
    try {
      return (await peer.request(method, params, { signal: options.signal, deadline })) as AgentResult<M>;
    } catch (error) {
      if (!(error instanceof TailherdError) || error.code !== "timed_out") throw error;
      const words = `Cannot ${method.replaceAll("_", " ")}: ${this.server.name} did not answer in time`;
      throw new TailherdError("timed_out", words, { cause: error });
    }
  }

  /** What the agent may ask once it has joined. */
  readonly rpc: Pick<RpcServer, "handle" | "hear"> = {
    handle: (method, params) => {
      if (method === "heartbeat") return this.heartbeat(this.checked("heartbeat", params));
      if (method === "tell") return this.tell(this.checked("tell", params));
      return undefined;
    },
    hear: (method, params) => {
      if (!Object.hasOwn(linkNotices, method)) return;
      const name = method as keyof typeof linkNotices;
      const data: unknown = this.options.remote ? linkNotices[name].parse(params) : params;
      this.pass({ notice: name, data } as AgentNotice);
    },
  };

  private async heartbeat(heartbeat: HubParams<"heartbeat">): Promise<HubResult<"heartbeat">> {
    const { at, system, instances, samples, values, left_out } = heartbeat;
    this.pass({ notice: "samples", data: { at, system, instances, samples, values, left_out } });
    return { at: this.options.clock.now() };
  }

  private async tell({ journal, entries }: HubParams<"tell">): Promise<HubResult<"tell">> {
    const known = this.confirmed.journal === journal ? this.confirmed.seq : 0;
    const fresh = entries.filter(({ seq }) => seq > known).map((entry) => this.own(entry));
    if (fresh.length > 0) await this.options.ear.tell(this, fresh);
    const seq = Math.max(known, ...entries.map((entry) => entry.seq));
    this.confirmed = { journal, seq };
    return { confirmed: seq };
  }

  private pass(notice: AgentNotice): void {
    if (notice.notice === "instances") {
      const changed = notice.data.changed.map((row) => this.ownRow(row));
      this.options.ear.hear(this, { notice: "instances", data: { ...notice.data, changed } });
    } else if (notice.notice === "samples") {
      const instances = notice.data.instances.map((row) => this.ownRow(row));
      this.options.ear.hear(this, { notice: "samples", data: { ...notice.data, instances } });
    } else this.options.ear.hear(this, notice);
  }

  private ownRow(row: InstanceStatus): InstanceStatus {
    const { id, name } = this.server;
    return row.server_id === id && row.server === name ? row : { ...row, server_id: id, server: name };
  }

  /** An event of a remote agent gets an id that no other server can give one: it cannot keep another's from being stored. */
  private own(entry: JournalEntry): JournalEntry {
    if (entry.kind !== "event") return entry;
    const { id } = this.server;
    const event: TailherdEvent = { ...entry.event, server_id: id };
    if (this.options.remote && !event.id.includes(id)) event.id = `${id}:${event.id}`;
    return { ...entry, event };
  }

  private checked<M extends HubMethod>(method: M, params: unknown): HubParams<M> {
    if (!this.options.remote) return params as HubParams<M>;
    const checked = hubMethods[method].params.safeParse(params);
    if (checked.success) return checked.data as HubParams<M>;
    const issues = toFieldIssues(checked.error);
    const words = issues.map(({ path, message }) => `${path}: ${message}`).join("; ");
    throw new TailherdError("invalid", `Cannot take the ${method}: ${words}`, { issues });
  }
}
