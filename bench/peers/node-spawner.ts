// What a supervisor costs at least in Node: child_process.spawn, and spawn again on "exit". A floor to compare with, not a tool.
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Program } from "../support/programs.ts";
import { linesOf } from "./log-files.ts";
import type { Herd, Home, Peer } from "./peer.ts";

export const nodeSpawner: Peer = {
  name: "bare Node spawner",
  version: async () => process.versions.node,
  ways: {
    boot: "its process answers",
    start: "`child_process.spawn` for each, output through pipes",
    stop: "SIGTERM to each child",
  },
  async boot(home) {
    const child = fork(join(import.meta.dirname, "spawner.mjs"), [home.directory], {
      env: home.env,
      execArgv: [],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    await once(child, "message");
    return new SpawnerHerd(home, child);
  },
};

class SpawnerHerd implements Herd {
  readonly #home: Home;
  readonly #child: ChildProcess;
  #programs: Program[] = [];

  constructor(home: Home, child: ChildProcess) {
    this.#home = home;
    this.#child = child;
  }

  pid(): number {
    return this.#child.pid ?? 0;
  }

  async define(programs: Program[]): Promise<void> {
    this.#programs = programs;
  }

  async startAll(): Promise<void> {
    this.#child.send({ act: "start", programs: this.#programs });
    await once(this.#child, "message");
  }

  async stopAll(): Promise<void> {
    this.#child.send({ act: "stop" });
    await once(this.#child, "message");
  }

  questions(): [] {
    return [];
  }

  victim(): { who: string; pid: number } {
    return { who: "the spawner", pid: this.pid() };
  }

  keptOutput(service: string): AsyncIterable<string> {
    return linesOf([join(this.#home.directory, `${service}.out`)]);
  }
}
