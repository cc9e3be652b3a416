// Crowds of agents in processes of their own, as one.
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { CrowdOptions, CrowdReport } from "../../test/support/crowd.ts";
import type { CrowdRequest } from "../../test/support/crowd-process.ts";

const PROGRAM = join(import.meta.dirname, "../../test/support/crowd-process.ts");

/** Crowds that run. */
export class Crowds implements AsyncDisposable {
  private readonly children: ChildProcess[];

  private constructor(children: ChildProcess[]) {
    this.children = children;
  }

  /** Shares `count` agents among some processes; resolves when all are enrolled and dial. */
  static async gather(options: CrowdOptions, processes: number): Promise<Crowds> {
    const crowds = new Crowds(
      Array.from({ length: processes }, () =>
        fork(PROGRAM, [], { stdio: ["ignore", "ignore", "inherit", "ipc"], serialization: "advanced" }),
      ),
    );
    const count = Math.ceil(options.count / processes);
    await Promise.all(
      crowds.children.map((child, index) => {
        const share = Math.min(count, options.count - index * count);
        const own = { count: share, prefix: `${options.prefix}${index}-`, dir: join(options.dir, String(index)) };
        return ask(child, { gather: { ...options, ...own } });
      }),
    );
    return crowds;
  }

  async tell(request: Exclude<CrowdRequest, object | "report">): Promise<void> {
    await Promise.all(this.children.map((child) => ask(child, request)));
  }

  /** All of them together. */
  async report(): Promise<CrowdReport> {
    const reports = (await Promise.all(this.children.map((child) => ask(child, "report")))) as CrowdReport[];
    const sum = (of: (report: CrowdReport) => number): number =>
      reports.reduce((total, report) => total + of(report), 0);
    return {
      ids: reports.flatMap(({ ids }) => ids),
      acknowledged: reports.flatMap(({ acknowledged }) => acknowledged),
      linked: sum(({ linked }) => linked),
      readings: sum(({ readings }) => readings),
      events: sum(({ events }) => events),
      waiting: sum(({ waiting }) => waiting),
      unanswered: sum(({ unanswered }) => unanswered),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  }
}

/** One question at a time. */
async function ask(child: ChildProcess, request: CrowdRequest): Promise<unknown> {
  const ended = new AbortController();
  const answered = once(child, "message", { signal: ended.signal });
  const gone = (): void => ended.abort(new Error("a crowd's process ended"));
  child.once("exit", gone);
  try {
    child.send(request);
    const [answer] = (await answered) as [{ result?: unknown; error?: string }];
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.result;
  } finally {
    child.off("exit", gone);
  }
}
