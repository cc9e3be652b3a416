// runit (Debian package): a scanner and one runsv a service; svlogd beside it where output is kept.
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Program } from "../support/programs.ts";
import { childrenOf, commandName } from "../support/proc.ts";
import { run, start, type CommandLine } from "../support/run.ts";
import { debianVersion } from "./debian.ts";
import { filesIn, linesOf } from "./log-files.ts";
import type { Herd, Home, Peer, Wishes } from "./peer.ts";

export const runit: Peer = {
  name: "runit",
  version: async () => await debianVersion("runit", "runsvdir"),
  ways: {
    // Without services runsvdir answers nobody.
    boot: null,
    start: "`runsvdir` started on the populated directory (on a running one it looks every 5 s)",
    stop: "`sv -w 60 stop` of all",
  },
  async boot(home, wishes) {
    mkdirSync(scanOf(home));
    return new RunitHerd(home, wishes);
  },
};

class RunitHerd implements Herd {
  readonly #home: Home;
  readonly #wishes: Wishes;
  #pid = 0;
  #programs: Program[] = [];

  constructor(home: Home, wishes: Wishes) {
    this.#home = home;
    this.#wishes = wishes;
  }

  pid(): number {
    return this.#pid;
  }

  async define(programs: Program[]): Promise<void> {
    for (const { name, file } of programs) {
      const building = join(this.#home.directory, `new-${name}`);
      mkdirSync(building);
      symlinkSync(file, join(building, "run"));
      if (this.#wishes.keepOutput) this.#addLogger(building, name);
      renameSync(building, this.#service(name));
    }
    this.#programs = programs;
  }

  #addLogger(building: string, name: string): void {
    mkdirSync(join(building, "log"));
    mkdirSync(this.#logs(name));
    // Its default of ten files of 1 MB would throw most of the flood away.
    writeFileSync(join(this.#logs(name), "config"), "s16777215\nn20\n");
    writeFileSync(join(building, "log", "run"), `#!/bin/sh\nexec svlogd ${this.#logs(name)}\n`, { mode: 0o755 });
  }

  async startAll(): Promise<void> {
    const child = await start(["runsvdir", "-P", scanOf(this.#home)], { env: this.#home.env });
    this.#pid = child.pid;
  }

  async stopAll(): Promise<void> {
    await run(["sv", "-w", "60", "stop", ...this.#all()], { env: this.#home.env });
  }

  questions(): { label: string; command: CommandLine }[] {
    return [{ label: "sv status of all", command: ["sv", "status", ...this.#all()] }];
  }

  loggers(): number[] {
    return childrenOf(this.#pid).flatMap((runsv) => childrenOf(runsv).filter((pid) => commandName(pid) === "svlogd"));
  }

  victim(): { who: string; pid: number } {
    const [pid] = this.loggers();
    if (pid === undefined) throw new Error("Cannot find svlogd: is output kept?");
    return { who: "svlogd", pid };
  }

  keptOutput(service: string): AsyncIterable<string> {
    return linesOf(filesIn(this.#logs(service)).filter((file) => /\/(current|@[^/]*)$/.test(file)));
  }

  #all(): string[] {
    return this.#programs.map(({ name }) => this.#service(name));
  }

  #service(name: string): string {
    return join(scanOf(this.#home), name);
  }

  #logs(name: string): string {
    return join(this.#home.directory, `log-${name}`);
  }
}

const scanOf = (home: Home): string => join(home.directory, "scan");
