// What the handlers work with: the parts that hub.ts wires together.
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Agents } from "../agents/agents.ts";
import type { Enrolment } from "../agents/enrolment.ts";
import type { Intake } from "../agents/intake.ts";
import type { LinkGate } from "../agents/link-gate.ts";
import type { ServerBook } from "../agents/server-book.ts";
import type { Authenticator } from "../auth/authenticate.ts";
import type { FailureLimit } from "../auth/failure-limit.ts";
import type { Identity } from "../auth/identity.ts";
import type { OneTimeCodes } from "../auth/one-time-codes.ts";
import type { OpenConnections } from "../auth/open-connections.ts";
import type { EventFeed } from "../live/event-feed.ts";
import type { OutputFeeds } from "../live/output-feeds.ts";
import type { RecentCpu } from "../metrics/recent-cpu.ts";
import type { MetricsStore } from "../metrics/metrics-store.ts";
import type { SeriesBook } from "../metrics/series.ts";
import type { CommandRuns } from "../operations/command-runs.ts";
import type { Operations } from "../operations/operations.ts";
import type { FleetView } from "../operations/rollout-fleet.ts";
import type { Rollouts } from "../operations/rollouts.ts";
import type { Announcer } from "../services/announcer.ts";
import type { Catalog } from "../services/catalog.ts";
import type { Deployment } from "../services/deployment.ts";
import type { ServiceActs } from "../services/service-acts.ts";
import type { ServiceEdits } from "../services/service-edits.ts";
import type { SettingsChanges } from "../services/settings-changes.ts";
import type { StatusBoard } from "../services/status-board.ts";
import type { Store } from "../store/store.ts";
import type { TaskBook } from "../tasks/task-book.ts";
import type { TaskEdits } from "../tasks/task-edits.ts";
import type { MissedRuns } from "../tasks/missed-runs.ts";
import type { TaskRuns } from "../tasks/task-runs.ts";
import type { LoopLag } from "../loop-lag.ts";
import type { DescriptorReserve } from "./descriptor-reserve.ts";
import type { RequestCounts } from "./request-counts.ts";

/** A sign-in link's code stands for the role that its session will have. */
export interface SignIn {
  role: "admin";
  by: string;
}

/** Parts of a running hub. */
export interface HubParts {
  dataDir: string;
  store: Store;
  clock: Clock;
  logger: Logger;
  catalog: Catalog;
  board: StatusBoard;
  book: ServerBook;
  agents: Agents;
  gate: LinkGate;
  enrolment: Enrolment;
  deployment: Deployment;
  /** Where people and agents reach this hub, as it listens. */
  addresses: readonly string[];
  intake: Intake;
  acts: ServiceActs;
  edits: ServiceEdits;
  settings: SettingsChanges;
  tasks: TaskBook;
  taskEdits: TaskEdits;
  taskRuns: TaskRuns;
  missedRuns: MissedRuns;
  announcer: Announcer;
  descriptors: DescriptorReserve;
  operations: Operations;
  commands: CommandRuns;
  rollouts: Rollouts;
  fleet: FleetView;
  series: SeriesBook;
  metrics: MetricsStore;
  recentCpu: RecentCpu;
  lag: LoopLag;
  requests: RequestCounts;
  events: EventFeed;
  outputs: OutputFeeds;
  authenticator: Authenticator;
  failures: FailureLimit;
  open: OpenConnections;
  signIns: OneTimeCodes<SignIn>;
  tickets: OneTimeCodes<Identity>;
  /** A sign-in link of the address that people use. */
  signInLink(by: string): { url: string; expiresAt: number };
}
