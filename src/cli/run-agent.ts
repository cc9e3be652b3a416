// Runs an agent in this process until a signal: enrols it on the first start, and tells in plain words how its link to the hub fares.
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../base/clock.ts";
import { SECOND } from "../base/units.ts";
import { EXIT } from "../contract/error-table.ts";
import type { Agent, LinkNews, Membership } from "../agent/agent.ts";
import { VERSION } from "../runtime/version.ts";
import { planAgent, type AgentWish } from "./agent-start.ts";
import type { Context } from "./context.ts";
import { CliFailure } from "./failure.ts";
import type { LoadedFile } from "./file/load.ts";
import { dieOfMistakes, keepCompileCache, signalledExit, untilSignal } from "./foreground.ts";
import { giveBackAfterRushes, surveyedProcess } from "./give-back.ts";
import { keepLink } from "./link-file.ts";
import { Shutdown } from "./shutdown.ts";

/** What `agent` was asked for. */
export interface AgentRequest extends AgentWish {
  tags: string[];
  allowRun: boolean;
  /** The file of a locked agent. */
  lockedBy: string | undefined;
}

/** Resolves to the exit code once a signal has ended it; rejects when it cannot start or is not let in. */
export async function runAgent(context: Context, request: AgentRequest): Promise<number> {
  // A wrong file is told before anything runs.
  const own = request.lockedBy === undefined ? undefined : await loadOwn(context, request.lockedBy);
  const [{ createLogger }, { openDataDir }, { startAgent }] = await Promise.all([
    import("../runtime/logger.ts"),
    import("../runtime/data-dir.ts"),
    import("../agent/agent.ts"),
  ]);
  const logger = createLogger();
  dieOfMistakes(logger);
  const { dataDir } = context;
  const shutdown = new Shutdown(logger);
  try {
    // Held before anything else: two agents on the same services would start things twice.
    const held = openDataDir(dataDir);
    shutdown.add("the data directory", () => held.release());
    const membership = await ensureMember(context, dataDir, request);
    const words = new LinkWords(context, membership);
    const agent = await startAgent({
      dataDir,
      logger,
      membership,
      allowRun: request.allowRun,
      ...(own !== undefined && { locked: { services: own.services } }),
      linkNews: (news) => words.hear(news),
    });
    shutdown.add("the agent", async () => {
      await agent.close();
      words.closed();
    });
    const ended = untilSignal();
    greet(context, agent, membership, own);
    keepCompileCache();
    const surveyed = surveyedProcess(process);
    using _ = surveyed && giveBackAfterRushes(surveyed, systemClock);
    const signal = await ended;
    context.note("\nClosing. Services go on.");
    return (await shutdown.run()) ? signalledExit(signal) : EXIT.failed;
  } catch (error) {
    await shutdown.run();
    throw error;
  }
}

/** The membership to run with: kept, moved, or fresh. The caller holds the directory. */
export async function ensureMember(
  context: Context,
  dataDir: string,
  request: AgentWish & Pick<AgentRequest, "tags">,
): Promise<Membership> {
  const { enrolAgent, membershipOf, moveMembership } = await import("../agent/agent.ts");
  // What is damaged is set aside by reading it; enrolling again is the way out.
  const kept = await membershipOf(dataDir).catch((error: unknown) => {
    if (request.reEnrol) return undefined;
    throw error;
  });
  if (kept === undefined) refuseHubsDirectory(dataDir);
  const plan = planAgent(kept, request);
  if (plan.act === "refuse") {
    throw new CliFailure(plan.words, {
      exitCode: plan.usage ? EXIT.usage : EXIT.failed,
      code: plan.usage ? "usage" : "refused",
      hints: plan.hints,
    });
  }
  if (plan.act === "enrol") {
    const { token, hub } = plan;
    context.note(`Enrolling with the hub at ${hub}…`);
    // Who enrols again stays who it was.
    const called = request.name ?? kept?.name;
    const name = called === undefined ? {} : { name: called };
    const made = await enrolAgent(dataDir, { hubUrl: hub, token, tags: request.tags, ...name }).catch(
      (error: unknown) => {
        throw notEnrolled(error);
      },
    );
    context.note(`Enrolled as "${made.name}". Its key is in ${dataDir}; later starts need no token.`);
    return made;
  }
  for (const note of plan.notes) context.note(note);
  // A plan without an enrolment is for one that was kept.
  if (kept === undefined) throw new Error("there is no enrolment to go on with");
  if (plan.act === "go_on") return kept;
  context.note(`The hub is dialled at ${plan.hub} from now on; it has to be the one it was, by its key.`);
  return await moveMembership(dataDir, kept, plan.hub);
}

/** Another hub would end everything that a hub of this directory defined, since it knows nothing of it. */
function refuseHubsDirectory(dataDir: string): void {
  if (!existsSync(join(dataDir, "hub.db"))) return;
  throw new CliFailure(
    `Cannot use ${dataDir} for an agent: a hub keeps its services there, and another one would end them`,
    {
      code: "refused",
      hints: ["Give the agent a directory of its own: --data-dir DIR", "To run that hub: tailherd up"],
    },
  );
}

function notEnrolled(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== "TailherdError" || !("code" in error)) return error;
  const { message, code } = error;
  if (code === "agent_away") {
    return new CliFailure(message, { exitCode: EXIT.hubUnreachable, code: "hub_unreachable", cause: error });
  }
  if (code !== "unauthenticated") return error;
  const hints = [
    "A join token lets in so many servers as it was made for, and for so long. Make another one: tailherd join-token",
  ];
  return new CliFailure(message, { exitCode: EXIT.noPermission, code, hints, cause: error });
}

/** The link in words for people: each change once, not each attempt. */
class LinkWords {
  private readonly context: Context;
  private readonly membership: Membership;
  private said = "";

  constructor(context: Context, membership: Membership) {
    this.context = context;
    this.membership = membership;
  }

  hear(news: LinkNews): void {
    const reason = news.state === "away" ? news.reason : null;
    const now = `${news.state} ${reason ?? ""}`;
    if (now === this.said) return;
    this.said = now;
    keepLink(this.context.dataDir, { state: news.state, since: new Date().toISOString(), reason });
    this.context.note(this.wordsOf(news));
  }

  closed(): void {
    keepLink(this.context.dataDir, { state: "closed", since: new Date().toISOString(), reason: null });
  }

  private wordsOf(news: LinkNews): string {
    const { noteStyle } = this.context;
    const { hub_url, name } = this.membership;
    if (news.state === "linked") return noteStyle.green(`Linked to the hub at ${hub_url}.`);
    if (news.refused) {
      return [
        noteStyle.red(`The hub at ${hub_url} does not let this agent in: ${news.reason}. Services go on as they are.`),
        `To enrol again: tailherd join-token --for "${name}" on the hub, then here: tailherd agent --re-enrol --token TOKEN`,
      ].join("\n");
    }
    const seconds = Math.max(1, Math.round(news.again_in_ms / SECOND));
    return noteStyle.yellow(
      `No link to the hub at ${hub_url}: ${news.reason}. Services go on; dialling again in ${seconds} s, and until it answers.`,
    );
  }
}

function greet(context: Context, agent: Agent, membership: Membership, own: LoadedFile | undefined): void {
  const { style } = context;
  const lines = [
    `${style.bold("tailherd")} ${VERSION} is the agent of "${agent.server.name}"`,
    `  Hub        ${style.cyan(membership.hub_url)}`,
    `  Data       ${context.dataDir}`,
    ...(own === undefined ? [] : [`  Locked     runs only what ${own.path} declares: ${ownWords(own)}`]),
    "  Ctrl-C ends the agent; services go on.",
  ];
  context.print(lines.join("\n"));
}

function ownWords({ services }: LoadedFile): string {
  return services.length === 0 ? "nothing" : services.map(({ name }) => name).join(", ");
}

/** The file decides what runs here, so nobody else may write it. */
async function loadOwn(context: Context, given: string): Promise<LoadedFile> {
  const { fileFailure, loadFile } = await import("./file/load.ts");
  const file = loadFile(given, context.io.cwd, context.io.env);
  if (file.problems.length > 0) throw fileFailure(file.path, file.problems);
  const { uid, mode } = statSync(file.path);
  const mine = uid === 0 || uid === process.getuid?.();
  if (mine && (mode & 0o022) === 0) return file;
  const whose = mine ? `others can write it (mode ${(mode & 0o777).toString(8)})` : `it belongs to uid ${uid}`;
  throw new CliFailure(`Cannot lock the agent by ${file.path}: ${whose}, and what it says runs here`, {
    code: "refused",
    hints: [`chmod 644 ${file.path}, as root or the account that runs the agent`],
  });
}
