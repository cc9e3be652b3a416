// Runs a definition's command for a moment and tells what came of it; nothing of it is left afterwards.
import type { Clock } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import type { TryResult } from "../../contract/agent.ts";
import type { ServiceSpec } from "../../contract/service.ts";
import type { ProcessTable } from "../processes/process-table.ts";
import { type PipedChild, spawnPiped } from "../processes/spawn-piped.ts";
import { inDirectory } from "./become-user.ts";
import { GroupContainment } from "./containment-groups.ts";
import { systemWords } from "./system-words.ts";
import { directoryProblem } from "./launch-failure.ts";
import { buildLaunch, MARKER } from "./launch-script.ts";

const MAX_OUTPUT = 64 * 1024;
const MAX_LINES = 200;
/** Milliseconds that what was printed has to be read in, once nothing runs any more. */
const LAST_WORDS = SECOND;

export interface TryTools {
  table: ProcessTable;
  clock: Clock;
  /** Ends it early: the one who asked is gone. */
  signal: AbortSignal;
}

/** Runs it under its user, in its directory and environment, for at most so many seconds. */
export async function tryCommand(spec: ServiceSpec, seconds: number, tools: TryTools): Promise<TryResult> {
  const { clock, table } = tools;
  const started = clock.monotonic();
  const marker = `try:${crypto.randomUUID()}`;
  const launch = buildLaunch(spec, 0, marker, { stdoutFile: "/dev/null", stderrFile: "/dev/null" });
  const problem = launch.ok ? directoryProblem(spec) : launch.words;
  if (!launch.ok || problem !== undefined) return notRun(problem ?? "");
  const argv = spec.argv ?? ["/bin/sh", "-c", spec.start_cmd ?? ""];
  const command = inDirectory(launch.become, launch.directory, argv);
  let child: PipedChild;
  try {
    child = spawnPiped(command.program, command.args, {
      cwd: command.directory,
      env: { ...launch.env, [MARKER]: marker },
    });
  } catch (error) {
    return notRun(`command ${argv[0] ?? ""}: ${systemWords(error)}`);
  }
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      if (output.length < MAX_OUTPUT) output += text;
    });
  }
  // Its end may be known before its last words are read.
  const silent = new Promise<void>((resolve) => void child.once("close", () => resolve()));
  const over = AbortSignal.any([tools.signal, AbortSignal.timeout(seconds * SECOND)]);
  const end = await new Promise<{ code: number | null; signal: string | null; running: boolean }>((resolve) => {
    child.on("error", (error) => {
      output += `command ${argv[0] ?? ""}: ${systemWords(error)}\n`;
      resolve({ code: null, signal: null, running: false });
    });
    child.on("exit", (code, signal) => resolve({ code, signal, running: false }));
    over.addEventListener("abort", () => resolve({ code: null, signal: null, running: true }));
  });
  const stat = child.pid === undefined ? undefined : table.stat(child.pid);
  const main = stat && { pid: stat.pid, startTicks: stat.startTicks, bootId: table.bootId() };
  await new GroupContainment(tools).killAll({ key: marker, marker, shim: null, main: main ?? null });
  // Nobody is left to write, unless somebody got away.
  await Promise.race([silent, new Promise<void>((resolve) => void clock.after(LAST_WORDS, resolve))]);
  child.stdout.destroy();
  child.stderr.destroy();
  return {
    exit_code: end.code,
    signal: end.signal,
    still_running: end.running,
    output: output
      .replace(/\n$/, "")
      .split("\n")
      .filter((line) => line !== "")
      .slice(0, MAX_LINES),
    duration_ms: clock.monotonic() - started,
  };
}

/** Nothing was run, for this reason. */
function notRun(words: string): TryResult {
  return { exit_code: null, signal: null, still_running: false, output: [words], duration_ms: 0 };
}
