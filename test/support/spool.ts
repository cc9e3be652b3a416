// For tests of the spool: a temporary instance, and reading everything it kept.
import { appendFileSync, cpSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openOutputLog } from "../../src/agent/spool/open-output-log.ts";
import type { OutputLog, OutputLogOptions } from "../../src/agent/spool/output-log.ts";
import { FakeClock } from "../../src/base/clock.ts";
import { MIB } from "../../src/base/units.ts";
import type { LogLine, OutputStream } from "../../src/contract/status.ts";
import { silentLogger } from "../../src/runtime/logger.ts";

/** A directory for one instance's output, deleted when disposed. */
export class TempSpool implements Disposable {
  readonly dir: string;

  constructor(parent = tmpdir()) {
    this.dir = mkdtempSync(join(parent, "spool-"));
  }

  get runDir(): string {
    return join(this.dir, "run");
  }

  get logDir(): string {
    return join(this.dir, "log");
  }

  /** Opens with a clock that stands still (reads happen on drain) and no hole puncher, unless told otherwise. */
  async open(options: Partial<OutputLogOptions> = {}): Promise<OutputLog & AsyncDisposable> {
    const { runDir, logDir } = this;
    const defaults = { maxSize: 4 * MIB, clock: new FakeClock(), logger: silentLogger, puncher: null };
    const log = await openOutputLog({ runDir, logDir, ...defaults, ...options });
    return Object.assign(log, { [Symbol.asyncDispose]: () => log.close() });
  }

  /** Appends as a service would. */
  write(stream: "stdout" | "stderr", data: string | Uint8Array): void {
    appendFileSync(join(this.runDir, stream), data);
  }

  /** What a kill at this moment would leave, in a place of its own. */
  copy(): TempSpool {
    const copy = new TempSpool();
    cpSync(this.dir, copy.dir, { recursive: true });
    return copy;
  }

  /** Bytes of all segments. */
  keptBytes(): number {
    return readdirSync(this.logDir).reduce((sum, name) => sum + statSync(join(this.logDir, name)).size, 0);
  }

  /** Bytes that all of it takes on disk, holes not counted. */
  diskBytes(): number {
    return [this.runDir, this.logDir]
      .flatMap((dir) => readdirSync(dir).map((name) => join(dir, name)))
      .reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.blocks ?? 0) * 512, 0);
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Every kept line, oldest first, page by page. */
export async function allLines(log: OutputLog, limit = 10_000): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  // Cursors count from zero: the very first line is before this one, if it is still there.
  let after = "00000000000";
  lines.push(...(await log.read({ limit: 1, before: "00000000001" })).lines);
  for (;;) {
    const page = await log.read({ limit, after });
    lines.push(...page.lines);
    after = page.lines.at(-1)?.cursor ?? after;
    if (!page.more_after) return lines;
  }
}

/** The texts of one stream. */
export function textsOf(lines: LogLine[], stream: OutputStream): string[] {
  return lines.filter((line) => line.stream === stream).map((line) => line.text);
}

/** The text of lines "line FROM" to "line TO", the last excluded. */
export function numbered(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, index) => `line ${from + index}\n`).join("");
}
