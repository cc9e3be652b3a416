// s6 (Debian package): a scanner and one s6-supervise a service; s6-log beside it where output is kept.
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Program } from "../support/programs.ts";
import { childrenOf, commandName } from "../support/proc.ts";
import { run, start, until, type CommandLine } from "../support/run.ts";
import { debianVersion } from "./debian.ts";
import { filesIn, linesOf } from "./log-files.ts";
import type { Herd, Home, Peer, Wishes } from "./peer.ts";

export const s6: Peer = {
  name: "s6",
  version: async () => await debianVersion("s6", "s6-svscan"),
  ways: {
    boot: "`s6-svscan` on an empty directory answers `s6-svscanctl`",
    start: "service directories linked, `s6-svscanctl -a` (starts the `s6-supervise` processes too)",
    stop: "`s6-svc -d` for each, `s6-svwait -D` for all",
  },
  async boot(home, wishes) {
    const scan = scanOf(home);
    mkdirSync(scan);
    const child = await start(["s6-svscan", "-c", "2000", scan], { env: home.env });
    await until("s6-svscan listens", async () => await succeeds(["s6-svscanctl", scan], home));
    return new S6Herd(home, wishes, child.pid);
  },
};

class S6Herd implements Herd {
  readonly #home: Home;
  readonly #wishes: Wishes;
  readonly #pid: number;
  #programs: Program[] = [];

  constructor(home: Home, wishes: Wishes, pid: number) {
    this.#home = home;
    this.#wishes = wishes;
    this.#pid = pid;
  }

  pid(): number {
    return this.#pid;
  }

  async define(programs: Program[]): Promise<void> {
    for (const { name, file } of programs) {
      const directory = this.#directory(name);
      mkdirSync(directory, { recursive: true });
      symlinkSync(file, join(directory, "run"));
      if (this.#wishes.keepOutput) this.#addLogger(name);
    }
    this.#programs = programs;
  }

  #addLogger(name: string): void {
    const directory = join(this.#directory(name), "log");
    mkdirSync(directory);
    const line = `exec s6-log -b n20 s16777215 ${this.#logs(name)}`;
    writeFileSync(join(directory, "run"), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  }

  async startAll(): Promise<void> {
    for (const { name } of this.#programs) symlinkSync(this.#directory(name), join(scanOf(this.#home), name));
    await run(["s6-svscanctl", "-a", scanOf(this.#home)], { env: this.#home.env });
  }

  async stopAll(): Promise<void> {
    const services = this.#programs.map(({ name }) => join(scanOf(this.#home), name));
    const script = 'for service; do s6-svc -d "$service"; done; exec s6-svwait -D "$@"';
    await run(["sh", "-c", script, "sh", ...services], { env: this.#home.env });
  }

  questions(): { label: string; command: CommandLine }[] {
    const script = `for service in ${scanOf(this.#home)}/*; do s6-svstat "$service"; done`;
    return [{ label: "s6-svstat of each", command: ["sh", "-c", script] }];
  }

  loggers(): number[] {
    return childrenOf(this.#pid).flatMap((supervise) => [
      supervise,
      ...childrenOf(supervise).filter((pid) => commandName(pid) === "s6-log"),
    ]);
  }

  victim(): { who: string; pid: number } {
    const pid = this.loggers().find((each) => commandName(each) === "s6-log");
    if (pid === undefined) throw new Error("Cannot find s6-log: is output kept?");
    return { who: "s6-log", pid };
  }

  keptOutput(service: string): AsyncIterable<string> {
    return linesOf(filesIn(this.#logs(service)).filter((file) => /\/(current|@[^/]*)$/.test(file)));
  }

  #directory(name: string): string {
    return join(this.#home.directory, "services", name);
  }

  #logs(name: string): string {
    return join(this.#home.directory, `log-${name}`);
  }
}

const scanOf = (home: Home): string => join(home.directory, "scan");

async function succeeds(command: CommandLine, home: Home): Promise<boolean> {
  return await run(command, { env: home.env }).then(
    () => true,
    () => false,
  );
}
