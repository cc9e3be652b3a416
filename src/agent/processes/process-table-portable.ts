// Processes where there is no /proc: asked of ps, and of lsof for directories. Each question costs a spawned program, so it is
// answered for correctness there, not for speed; start times are whole seconds.
import { spawnSync } from "node:child_process";
import { Accounts } from "./accounts.ts";
import type { ProcessStat, ProcessTable } from "./process-table.ts";
import { parsePsEnvironment, parsePsRow, PS_COLUMNS, type PsRow } from "./ps-output.ts";

/** Runs a program and answers what it printed; undefined when it failed or is missing. */
export type RunTool = (command: string, args: string[]) => string | undefined;

/** Asks ps and lsof. */
export class PortableProcessTable implements ProcessTable {
  private readonly run: RunTool;
  private readonly accounts = new Accounts();
  private boot: string | undefined;

  constructor(run: RunTool = runTool) {
    this.run = run;
  }

  bootId(): string {
    // The first is macOS's own identity of a boot, the second the BSDs' time of it.
    this.boot ??=
      this.run("sysctl", ["-n", "kern.bootsessionuuid"])?.trim() ||
      this.run("sysctl", ["-n", "kern.boottime"])?.trim() ||
      "unknown-boot";
    return this.boot;
  }

  createTime(startTicks: number): number {
    return startTicks / 100;
  }

  stat(pid: number): ProcessStat | undefined {
    return this.row(pid)?.stat;
  }

  all(): ProcessStat[] {
    return rows(this.run("ps", ["-A", "-o", PS_COLUMNS])).map((row) => row.stat);
  }

  pids(): number[] {
    return this.all().map((stat) => stat.pid);
  }

  /** Words of the command line: ps does not tell where one argument with blanks ends. */
  argv(pid: number): string[] | undefined {
    const line = this.run("ps", ["-ww", "-o", "command=", "-p", String(pid)])?.trim();
    return line === undefined || line === "" ? undefined : line.split(/\s+/);
  }

  environ(pid: number): Record<string, string> | undefined {
    const line = this.run("ps", ["eww", "-o", "command=", "-p", String(pid)]);
    return line === undefined ? undefined : parsePsEnvironment(line);
  }

  workingDir(pid: number): string | undefined {
    const lines = this.run("lsof", ["-a", "-d", "cwd", "-p", String(pid), "-Fn"])?.split("\n") ?? [];
    return lines.find((line) => line.startsWith("n"))?.slice(1);
  }

  executable(pid: number): string | undefined {
    const lines = this.run("lsof", ["-a", "-d", "txt", "-p", String(pid), "-Fn"])?.split("\n") ?? [];
    return lines.find((line) => line.startsWith("n/"))?.slice(1);
  }

  owner(pid: number): { uid: number; name: string } | undefined {
    const uid = this.row(pid)?.uid;
    return uid === undefined ? undefined : { uid, name: this.accounts.nameOf(uid) };
  }

  private row(pid: number): PsRow | undefined {
    return rows(this.run("ps", ["-o", PS_COLUMNS, "-p", String(pid)]))[0];
  }
}

function rows(text: string | undefined): PsRow[] {
  return (text ?? "")
    .split("\n")
    .map(parsePsRow)
    .filter((row) => row !== undefined);
}

function runTool(command: string, args: string[]): string | undefined {
  const done = spawnSync(command, args, {
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C" },
    maxBuffer: 64 * 1024 * 1024,
    timeout: 10_000,
  });
  return done.status === 0 ? done.stdout : undefined;
}
