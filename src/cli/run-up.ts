// Runs hub and agent in this process until a signal: the order of starting and closing, and the words around it.
import { join } from "node:path";
import { systemClock } from "../base/clock.ts";
import { EXIT } from "../contract/error-table.ts";
import type { Hub } from "../hub/hub.ts";
import { socketPath } from "../runtime/paths.ts";
import { VERSION } from "../runtime/version.ts";
import type { Agent } from "../agent/agent.ts";
import { Client } from "./client.ts";
import type { Context } from "./context.ts";
import { CliFailure } from "./failure.ts";
import type { LoadedFile } from "./file/load.ts";
import { dieOfMistakes, keepCompileCache, signalledExit, untilSignal } from "./foreground.ts";
import { giveBackAfterRushes, surveyedProcess } from "./give-back.ts";
import type { ListenAddress } from "./listen.ts";
import { planText } from "./output/plan.ts";
import { plain } from "./output/text.ts";
import { Shutdown } from "./shutdown.ts";

/** What `up` was asked for. */
export interface UpRequest {
  listen: ListenAddress[];
  noAuth: boolean;
  serverName: string | undefined;
  allowRun: boolean;
  file: string | undefined;
}

/** Resolves to the exit code once a signal has ended it; rejects when it cannot start. */
export async function runUp(context: Context, request: UpRequest): Promise<number> {
  // Wrong files are told before anything runs.
  const file = request.file === undefined ? undefined : await loadRight(context, request.file);
  const [{ createLogger }, { openDataDir }, { startAgent }, { startHub }] = await Promise.all([
    import("../runtime/logger.ts"),
    import("../runtime/data-dir.ts"),
    import("../agent/agent.ts"),
    import("../hub/hub.ts"),
  ]);
  const logger = createLogger();
  dieOfMistakes(logger);
  const { dataDir } = context;
  const shutdown = new Shutdown(logger);
  try {
    // Held before the agent begins: two agents on the same services would start things twice.
    const held = openDataDir(dataDir);
    shutdown.add("the data directory", () => held.release());
    await refuseAgentsDirectory(dataDir);
    const { serverName, allowRun } = request;
    const agent = await startAgent({ dataDir, logger, allowRun, ...(serverName !== undefined && { serverName }) });
    shutdown.add("the agent", async () => await agent.close());
    const hub = await startHub({
      dataDir,
      local: { server: agent.server, open: () => agent.open() },
      listen: request.listen,
      noAuth: request.noAuth,
      held: true,
      webRoot: webRoot(),
      logger,
      ...takeAdminToken(context.io.env),
    }).catch(async (error: unknown) => {
      throw await explainPort(error, agent);
    });
    shutdown.add("the hub", async () => await hub.close());
    const ended = untilSignal();
    greet(context, hub, request.noAuth);
    if (file !== undefined) await applyFile(context, file);
    keepCompileCache();
    const surveyed = surveyedProcess(process);
    using _ = surveyed && giveBackAfterRushes(surveyed, systemClock);
    const signal = await ended;
    context.note("\nClosing. Services go on.");
    const well = await shutdown.run();
    return well ? signalledExit(signal) : EXIT.failed;
  } catch (error) {
    await shutdown.run();
    throw error;
  }
}

/** Another hub decides what runs there; ours would end all of it, since it knows nothing of it. */
async function refuseAgentsDirectory(dataDir: string): Promise<void> {
  const { membershipOf } = await import("../agent/agent.ts");
  const membership = await membershipOf(dataDir);
  if (membership === undefined) return;
  throw new CliFailure(
    `Cannot use ${dataDir} for a hub: it is an agent's, enrolled as "${membership.name}" with the hub at ${membership.hub_url}`,
    {
      code: "refused",
      hints: ["Start the agent with: tailherd agent", "A hub needs another directory: --data-dir DIR"],
    },
  );
}

/** Taken out of the environment, so that nothing we start can read it there. */
function takeAdminToken(env: NodeJS.ProcessEnv): { adminToken?: string } {
  const adminToken = env.TAILHERD_ADMIN_TOKEN;
  delete env.TAILHERD_ADMIN_TOKEN;
  return adminToken === undefined || adminToken === "" ? {} : { adminToken };
}

/** The built dashboard lies beside the built program; when run from the sources, where the build puts it. */
function webRoot(): string {
  const built = process.env.TAILHERD_BUILT === "1";
  return join(import.meta.dirname, built ? "../web" : "../../dist/web");
}

function greet(context: Context, hub: Hub, noAuth: boolean): void {
  const { style } = context;
  const address = hub.addresses[0] ?? "";
  const lines = [
    `${style.bold("tailherd")} ${VERSION} runs on ${hub.addresses.join(", ")}`,
    noAuth
      ? `  Dashboard  ${style.cyan(address)}  ${style.yellow("(no sign-in: everybody on this machine may do everything)")}`
      : `  Dashboard  ${style.cyan(hub.signInLink())}  (works once, for 10 minutes; another: tailherd open)`,
    `  Data       ${context.dataDir}`,
    `  First      tailherd add web -- node server.js, or "adopt" in the dashboard`,
    "  Ctrl-C ends tailherd; services go on.",
  ];
  context.print(lines.join("\n"));
}

/** Says who has the port, where the machine tells. */
async function explainPort(refusal: unknown, agent: Agent): Promise<unknown> {
  const cause = refusal instanceof Error ? (refusal.cause as NodeJS.ErrnoException | undefined) : undefined;
  const where = /Cannot listen on (\S+:(\d+)):/.exec(refusal instanceof Error ? refusal.message : "");
  if (cause?.code !== "EADDRINUSE" || where === null) return refusal;
  const { listeners } = await agent.call("listeners", {});
  const holder = listeners.find((listener) => listener.port === Number(where[2]) && listener.pid !== null);
  if (holder === undefined) return refusal;
  const who = `pid ${holder.pid}${holder.command === null ? "" : ` (${plain(holder.command).slice(0, 120)})`}`;
  return new CliFailure(`Cannot listen on ${where[1]}: ${who} listens there`, {
    code: "refused",
    hints: ["Stop it, or choose another port: tailherd up --listen 127.0.0.1:PORT"],
    cause: refusal,
  });
}

async function loadRight(context: Context, given: string): Promise<LoadedFile> {
  const { fileFailure, loadFile } = await import("./file/load.ts");
  const file = loadFile(given, context.io.cwd, context.io.env);
  if (file.problems.length > 0) throw fileFailure(file.path, file.problems);
  return file;
}

async function applyFile(context: Context, file: LoadedFile): Promise<void> {
  const client = new Client({ kind: "socket", path: socketPath(context.dataDir), dataDir: context.dataDir });
  const body = { owner: file.path, services: file.services, tasks: file.tasks, dry_run: false, restart: true };
  context.note(planText(context.noteStyle, await client.call("POST /api/apply", { body })));
}
