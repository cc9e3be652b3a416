// A FIFO that started programs write words to. The bench learns at once, and at the same price for every supervisor, what
// lives since when, without asking any supervisor.
import { spawnSync } from "node:child_process";
import { constants, openSync } from "node:fs";
import { Socket } from "node:net";

/** One line that a program wrote. */
export interface Word {
  /** Service that wrote it. */
  name: string;
  /** Its own pid. */
  pid: number;
  /** "up" and what else a program says. */
  text: string;
  /** performance.now() of its arrival. */
  at: number;
}

interface Waiter {
  wants: (word: Word) => boolean;
  resolve: (word: Word) => void;
}

const PATIENCE = 60_000;

/** Reads "NAME PID TEXT" lines. */
export class Words {
  readonly path: string;
  readonly #socket: Socket;
  readonly #waiters = new Set<Waiter>();
  #rest = "";

  constructor(path: string) {
    this.path = path;
    const made = spawnSync("mkfifo", ["-m", "600", path], { encoding: "utf8" });
    if (made.status !== 0) throw new Error(`Cannot make the FIFO ${path}: ${made.stderr}`);
    // Opened for writing too, so that it never ends and no program waits for a reader.
    this.#socket = new Socket({
      fd: openSync(path, constants.O_RDWR | constants.O_NONBLOCK),
      readable: true,
      writable: false,
    });
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (text) => this.#take(String(text)));
  }

  /** The next word that fits; rejects after a minute. Call it before doing what makes the program speak. */
  async next(wants: (word: Word) => boolean, patience = PATIENCE): Promise<Word> {
    const { promise, resolve, reject } = Promise.withResolvers<Word>();
    const waiter: Waiter = { wants, resolve };
    this.#waiters.add(waiter);
    const timer = setTimeout(
      () => reject(new Error(`A program stayed silent: waited ${patience / 1000} s for its word`)),
      patience,
    );
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
    }
  }

  /** The first "up" of each of these services. */
  async up(names: string[]): Promise<Word[]> {
    return await Promise.all(
      names.map(async (name) => await this.next((word) => word.name === name && word.text === "up")),
    );
  }

  #take(text: string): void {
    const at = performance.now();
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      const [name = "", pid = "", ...rest] = line.split(" ");
      const word: Word = { name, pid: Number(pid), text: rest.join(" "), at };
      for (const waiter of this.#waiters) if (waiter.wants(word)) waiter.resolve(word);
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}
