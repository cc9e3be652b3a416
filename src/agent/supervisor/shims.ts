// Starts shims: the few lines of sh that outlive us, one for each instance. Many are forked by one shell in one go: each is an
// element of a pipeline, because a background job ("&") would have INT and QUIT ignored for good, and so would its services.
import { closeSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { ChildProcess } from "node:child_process";
import type { Server } from "node:net";
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import { findTool } from "./find-program.ts";
import { heldFds, type Holding, type HoldFailure, openSockets, spawnHolding } from "./held-sockets.ts";
import type { RunDirectory } from "./run-directory.ts";
import { shellQuote } from "./shell-words.ts";
import { systemWords } from "./system-words.ts";

/**
 * The version of what agent and shim say to each other: orders, files in told/, names that a launch finds set. A shim tells its own
 * at the end of told/shim, where older agents read over it. To be raised with any change that an older agent or shim would mistake.
 */
export const SHIM_VERSION = 1;

/** Whether what a shim of this version tells can be read as ours, and our orders as its. Before versions were told it was 0. */
export function isKnownVersion(version: number): boolean {
  return version === SHIM_VERSION;
}

/**
 * Shims forked by one shell: enough to share its cost, few enough that the first can work while others are forked. What the shell
 * keeps of the whole list costs each shim memory of its own: 71 kB with ten, 75 with twenty, 84 with fifty.
 */
const BATCH = 20;
const BATCH_FILE = /^batch-\d+-\d+$/;

/**
 * A fork waits for the next order while nothing runs, so that between a crash and the next start none is made: it knows who it is
 * already, and becomes the service. Every order is two lines: the fork reads the first, and when the fork has ended the shim reads
 * the second. (What a subshell reads its parent does not know, and a generation kept in a file could be lost with it.) Were the fork
 * killed while it waits, the shim would read the first: its last word is the same.
 * The same generation is never started twice, whatever an agent orders that died before it could keep what it had ordered. Such an
 * agent cannot have kept the end before either, so the end before the last is told beside the last.
 * Reading /proc/self with a builtin's redirection tells who a subshell is ($$ is its parent's); elsewhere a child of it
 * says so. The shell reads byte by byte, so the boot id comes from us.
 */
const SCRIPT = `# Waits for orders of the tailherd agent and starts one service; outlives the agent, and decides nothing.
tailherd_self() {
  if [ -r /proc/self/stat ]; then
    read -r self </proc/self/stat
  else
    self=$(exec /bin/sh -c 'echo $PPID')
  fi
}
shim() {
  cd "$1" || exit
  shift
  exec </dev/null >/dev/null 9<>ctl 2>>told/words
  trap '' TERM INT HUP QUIT PIPE USR1 USR2 ALRM
  joined=1
  for group; do echo 0 >"$group/cgroup.procs" || joined=0; done
  tailherd_self
  boot=$BOOT
  last= before=
  echo "$joined $boot $self v$VERSION" 1<>told/shim
  unset joined group
  while :; do
    (
      tailherd_self
      while read -r order generation <&9; do
        case $order in
        start)
          [ "$generation" != "$last" ] || continue
          trap - TERM INT HUP QUIT PIPE USR1 USR2 ALRM
          exec 9<&-
          . ./launch
          exit
          ;;
        quit) exit ;;
        esac
      done
    )
    status=$?
    read -r last <&9 || exit
    [ "$last" != quit ] || exit
    last=\${last##* }
    status="$last $status"
    [ ! -s told/words ] || status="$status signal"
    echo "$status$before" 1<>told/exit
    before=", $status"
    [ ! -s told/words ] || : >told/words
  done
}
. /dev/stdin
`;

/** A shim that is wanted. */
export interface ShimOrder {
  directory: RunDirectory;
  /** cgroup directories it enters, and its services with it. */
  joins: string[];
  /** Sockets that it holds, and its services with it. */
  holding: Holding;
  /** The shim before has not ended yet, and may hold what this one is to hold: addresses that are in use may be free in a moment. */
  mayBeFree: () => boolean;
  /** Its sockets are open; whether it is still wanted. */
  opened: () => boolean;
  /** They are handed on; `over`: nobody but the shim holds them any more. */
  handedOn: (over: Promise<unknown>) => void;
  /** Its sockets could not be opened: it will not come. */
  failed: (failure: HoldFailure) => void;
}

/** Starts shims in batches; what they are is told in their run directories. */
export class Shims {
  private readonly root: string;
  private readonly bootId: string;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private waiting: ShimOrder[] = [];
  private flushing: NodeJS.Immediate | undefined;
  private batches = 0;

  /** `root` holds all run directories. */
  constructor(options: { root: string; bootId: string; clock: Clock; logger: Logger }) {
    this.root = options.root;
    this.bootId = options.bootId;
    this.clock = options.clock;
    this.logger = options.logger;
    mkdirSync(this.root, { recursive: true, mode: 0o700 });
    // Never half a script: a shell of the agent before may be about to read it.
    writeFileSync(`${this.scriptPath}.new`, this.script(), { mode: 0o600 });
    renameSync(`${this.scriptPath}.new`, this.scriptPath);
    // An agent killed between writing a batch and taking its name away; only one agent has this directory.
    for (const name of readdirSync(this.root)) if (BATCH_FILE.test(name)) rmSync(join(this.root, name));
  }

  /** The file that every shim's command line names. */
  get scriptPath(): string {
    return join(this.root, "tailherd-shim");
  }

  /** Starts a shim with the next batch, which leaves when it is full, or when a turn of the event loop brought nobody more. */
  request(order: ShimOrder): void {
    if (order.holding.sockets.length > 0) {
      // Alone: others must not inherit its sockets.
      void this.startHolding(order);
      return;
    }
    this.waiting.push(order);
    this.flushing ??= setImmediate(() => this.flush(0));
  }

  private flush(before: number): void {
    const { length } = this.waiting;
    if (length > before && length < BATCH) {
      this.flushing = setImmediate(() => this.flush(length));
      return;
    }
    this.flushing = undefined;
    const orders = this.waiting;
    this.waiting = [];
    for (let start = 0; start < orders.length; start += BATCH) {
      void this.tryStart(orders.slice(start, start + BATCH), []);
    }
  }

  private async startHolding(order: ShimOrder): Promise<void> {
    const { clock } = this;
    const opened = await openSockets(order.holding, { clock, mayBeFree: order.mayBeFree }).catch((error: unknown) => ({
      ok: false as const,
      failure: { words: `cannot listen: ${systemWords(error)}`, lasting: false },
    }));
    if (!opened.ok) return order.failed(opened.failure);
    try {
      if (order.opened()) order.handedOn(this.tryStart([order], opened.servers));
    } finally {
      for (const server of opened.servers) server.close();
    }
  }

  /** Resolves when those have ended who start them. */
  private async tryStart(orders: ShimOrder[], servers: readonly Server[]): Promise<void> {
    try {
      await Promise.all(this.start(orders, servers).map(ended));
    } catch (error) {
      // A full disk or no descriptors: who waits for a shim sees that none comes, and tries again.
      this.logger.error({ error: systemWords(error) }, "cannot start shims");
    }
  }

  private start(orders: ShimOrder[], servers: readonly Server[]): ChildProcess[] {
    this.batches += 1;
    const list = join(this.root, `batch-${process.pid}-${this.batches}`);
    writeFileSync(list, batchText(orders), { mode: 0o600 });
    const input = openSync(list, "r");
    rmSync(list);
    try {
      return spawnHolding("/bin/sh", [this.scriptPath], input, servers);
    } finally {
      closeSync(input);
    }
  }

  private script(): string {
    return SCRIPT.replace("$BOOT", shellQuote(this.bootId)).replace("$VERSION", String(SHIM_VERSION));
  }
}

/** Rejects when it could not be started. Nobody is kept alive by waiting for it. */
function ended(child: ChildProcess): Promise<void> {
  child.unref();
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => resolve());
  });
}

/**
 * The starter ends by killing itself: it would wait for its pipeline, that is for all shims. Whoever kills it lets go of the sockets
 * first, so that with it all but the shim have.
 */
function batchText(orders: ShimOrder[]): string {
  const missing = orders
    .filter(({ directory }) => !directory.hasFifo)
    .map(({ directory }) => shellQuote(directory.fifo));
  const make = missing.length === 0 ? "" : `${findTool("mkfifo") ?? "mkfifo"} -m 600 ${missing.join(" ")}\n`;
  const shims = orders.map(({ directory, joins }) => ["shim", directory.path, ...joins].map(shellQuote).join(" "));
  const held = heldFds(orders[0]?.holding.sockets.length ?? 0).map((fd) => `${fd}<&-`);
  const kill = held.length === 0 ? "kill -KILL $$" : `{ exec ${held.join(" ")}; kill -KILL $$; }`;
  return `exec >/dev/null 2>&1\n${make}${[...shims, kill].join(" |\n")}\n`;
}

/** Knows a shim by its command line, also one of another tailherd on this machine. */
export function isShimCommand(command: string): boolean {
  return /^\S*sh \S*\/tailherd-shim$/.test(command);
}
