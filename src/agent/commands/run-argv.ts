// Runs the argv of a remote command: no shell, the agent's own user, a clean environment, a session of its own. Ended at its timeout,
// or when it is cancelled, with all it started; what it leaves running when it ends by itself is left alone, as after a login.
import { existsSync } from "node:fs";
import type { Clock } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import type { CommandResult } from "../../contract/commands.ts";
import type { ProcessTable } from "../processes/process-table.ts";
import { type PipedChild, spawnPiped } from "../processes/spawn-piped.ts";
import { ownAccount } from "../supervisor/accounts.ts";
import { GroupContainment } from "../supervisor/containment-groups.ts";
import { loginEnvironment } from "../supervisor/environment.ts";
import { MARKER } from "../supervisor/launch-script.ts";
import { systemWords } from "../supervisor/system-words.ts";
import type { OutputTeller } from "./command-output.ts";

/** Milliseconds that pipes may stay open after the end: something that it left running may hold them for ever. */
const PIPES_OPEN = 300;

/** Milliseconds that the kernel may take to end what was killed; what it never ends does not hold the answer. */
const KILL_TIME = 5000;

export interface RunTools {
  table: ProcessTable;
  clock: Clock;
  output: OutputTeller;
  /** Ends it; the reason says why. */
  signal: AbortSignal;
}

type Ended = Pick<CommandResult, "outcome" | "exit_code" | "signal" | "message">;

/** By which the processes of a command are found again. */
function markerOf(id: string): string {
  return `command:${id}`;
}

/** Ends what is left of a command whose agent died; false when it does not end within so many milliseconds. */
export async function endLeftovers(id: string, table: ProcessTable, clock: Clock, limit: number): Promise<boolean> {
  const marker = markerOf(id);
  const killed = new GroupContainment({ table, clock }).killAll({ key: marker, marker, shim: null, main: null });
  const over = new Promise<false>((resolve) => void clock.after(limit, () => resolve(false)));
  return await Promise.race([killed.then(() => true), over]);
}

/** Runs it to its end, for at most so many seconds. */
export async function runArgv(id: string, argv: readonly string[], seconds: number, tools: RunTools): Promise<Ended> {
  const { table, clock, output, signal } = tools;
  const [program = "", ...args] = argv;
  const account = ownAccount();
  const marker = markerOf(id);
  let child: PipedChild;
  try {
    child = spawnPiped(program, args, {
      cwd: existsSync(account.home) ? account.home : "/",
      env: { ...loginEnvironment(account), [MARKER]: marker },
    });
  } catch (error) {
    return failed(`Cannot run ${program}: ${systemWords(error)}`);
  }
  const stat = child.pid === undefined ? undefined : table.stat(child.pid);
  const main = stat === undefined ? null : { pid: stat.pid, startTicks: stat.startTicks, bootId: table.bootId() };
  const streams = [child.stdout, child.stderr].map((pipe) => {
    const stream = output.stream();
    pipe.on("data", (bytes: Buffer) => stream.take(bytes));
    return stream;
  });
  const closed = new Promise<void>((resolve) => void child.once("close", () => resolve()));
  let killing: Promise<Ended> | undefined;
  const kill = async (reason: string): Promise<Ended> => {
    const killed = new GroupContainment({ table, clock }).killAll({ key: marker, marker, shim: null, main });
    await Promise.race([killed, new Promise<void>((resolve) => void clock.after(KILL_TIME, resolve))]);
    return { ...failed(`It was ended with all it started: ${reason}`), signal: "SIGKILL" };
  };
  const stopping = Promise.withResolvers<Ended>();
  const stop = (reason: string): void => {
    killing ??= kill(reason);
    stopping.resolve(killing);
  };
  const abort = (): void => stop(signal.reason instanceof Error ? signal.reason.message : String(signal.reason));
  const timer = clock.after(seconds * SECOND, () => stop(`it took longer than ${seconds} s`));
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  const exited = new Promise<Ended>((resolve) => {
    child.once("error", (error) => resolve(failed(`Cannot run ${program}: ${systemWords(error)}`)));
    child.once("exit", (code, by) => resolve(endOf(code, by)));
  });
  const first = await Promise.race([exited, stopping.promise]);
  // Its end may be what we did to it.
  const ended = (await killing) ?? first;
  timer.cancel();
  signal.removeEventListener("abort", abort);
  await Promise.race([closed, new Promise<void>((resolve) => void clock.after(PIPES_OPEN, resolve))]);
  for (const pipe of [child.stdout, child.stderr]) pipe.destroy();
  for (const stream of streams) stream.end();
  return ended;
}

function endOf(code: number | null, by: NodeJS.Signals | null): Ended {
  if (code === null) return { ...failed(`It was killed by ${by}`), signal: by };
  return { outcome: "done", exit_code: code, signal: null, message: `exit ${code}` };
}

function failed(message: string): Ended {
  return { outcome: "failed", exit_code: null, signal: null, message };
}
