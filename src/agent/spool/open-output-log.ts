// Puts an output log together: finds the place of the last time, reads on from there, wakes when a file changes.
import { chmodSync, mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { OutputPage } from "../../contract/agent.ts";
import type { LogLine } from "../../contract/status.ts";
import type { Position } from "./block.ts";
import { BlockReader } from "./block-reader.ts";
import { Collector, type Pumped, type PumpOptions } from "./collector.ts";
import { DropReport } from "./drop-report.ts";
import { Followers } from "./followers.ts";
import { fromCursor } from "./lines.ts";
import type { DroppedOutput, OutputLog, OutputLogOptions } from "./output-log.ts";
import { type Extent, type PageQuery, readPage } from "./pages.ts";
import { newerPosition, PositionFile } from "./position-file.ts";
import { createPuncher } from "./punch.ts";
import { Reclaimer } from "./reclaim.ts";
import { Recent } from "./recent.ts";
import { Redactor } from "./redact.ts";
import { SecretsFile } from "./secrets-file.ts";
import { SegmentStore } from "./segment-store.ts";
import { type FileStream, SourceFile } from "./source-file.ts";
import { Waker } from "./wake.ts";

/** A note waits for at most so many turns of reading. */
const NOTE_TURNS = 16;

/** What is remembered of an instance's output. */
interface OutputFiles {
  positions: PositionFile;
  segments: SegmentStore;
  secrets: SecretsFile;
}

/** Opens (or makes) the output log of an instance; throws when its directories cannot be made or read. */
export async function openOutputLog(options: OutputLogOptions): Promise<OutputLog> {
  // Synchronous, as all of opening: hundreds are opened while an agent starts, and each call is a few microseconds.
  for (const dir of [options.runDir, options.logDir]) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    chmodSync(dir, 0o700);
  }
  const positions = new PositionFile(join(options.runDir, "output-position"));
  const segments = new SegmentStore(options.logDir, options.maxSize);
  const remembered = positions.load();
  const position = newerPosition(segments.load(remembered), remembered?.position);
  const secrets = new SecretsFile(join(options.runDir, "output-secrets"));
  secrets.load(options.logger);
  const log = new SpooledOutput(options, { positions, segments, secrets }, position);
  log.start();
  return log;
}

class SpooledOutput implements OutputLog {
  readonly stdoutFile: string;
  readonly stderrFile: string;
  private readonly options: OutputLogOptions;
  private readonly segments: SegmentStore;
  private readonly secrets: SecretsFile;
  private readonly sources: Record<FileStream, SourceFile>;
  private readonly collector: Collector;
  private readonly reclaimer: Reclaimer;
  private readonly recent: Recent;
  private readonly reader: BlockReader;
  private readonly followers: Followers;
  private readonly drops: DropReport;
  private readonly waker: Waker;

  constructor(options: OutputLogOptions, files: OutputFiles, position: Position) {
    const { clock, logger } = options;
    const { positions, segments, secrets } = files;
    this.options = options;
    this.segments = segments;
    this.secrets = secrets;
    this.stdoutFile = join(options.runDir, "stdout");
    this.stderrFile = join(options.runDir, "stderr");
    this.sources = {
      stdout: new SourceFile(this.stdoutFile, position.stdout),
      stderr: new SourceFile(this.stderrFile, position.stderr),
    };
    this.recent = new Recent(clock);
    this.drops = new DropReport(clock, (dropped) => this.tellDropped(dropped));
    this.collector = new Collector(
      {
        sources: this.sources,
        segments,
        positions,
        clock,
        logger,
        onBlock: (block) => this.recent.add(block),
        onDropped: (dropped) => this.drops.add(dropped),
      },
      position,
    );
    this.collector.redactor = Redactor.of(secrets.values);
    const puncher = options.puncher === undefined ? createPuncher(logger) : options.puncher;
    const { sources, collector } = this;
    const { freeze } = options;
    this.reclaimer = new Reclaimer({ collector, sources, puncher, logger, ...(freeze !== undefined && { freeze }) });
    this.reader = new BlockReader(segments, this.recent);
    this.followers = new Followers(this.reader, logger, () => this.collector.position.line);
    this.waker = new Waker({
      files: [this.stdoutFile, this.stderrFile],
      clock,
      pump: () => this.pumpForWaker(),
      onRest: () => this.collector.rest(),
    });
  }

  start(): void {
    this.sources.stdout.ensure();
    this.sources.stderr.ensure();
    this.waker.wake();
  }

  note(text: string): void {
    for (let turn = 0; turn < NOTE_TURNS && this.pump() === "more"; turn++);
    this.collector.note(text);
    this.followers.serveAll();
    this.waker.wake();
  }

  async drain(options: { final?: boolean } = {}): Promise<void> {
    while (this.pump(options) === "more") await new Promise((resolve) => setImmediate(resolve));
    this.waker.wake();
  }

  async settle(): Promise<void> {
    // A hole punched after the next start would take what that start wrote.
    using paused = await this.reclaimer.pause();
    void paused;
    while (this.pump({ final: true, force: true }) === "more") await new Promise((resolve) => setImmediate(resolve));
    this.collector.empty("stdout");
    this.collector.empty("stderr");
    this.waker.wake();
  }

  async lastLines(count: number): Promise<LogLine[]> {
    if (count < 1) return [];
    return (await this.read({ limit: count })).lines;
  }

  read(query: PageQuery): Promise<OutputPage> {
    return readPage(this.reader, query, () => this.extent());
  }

  follow(after: string | undefined, onLines: (lines: LogLine[]) => void): Disposable {
    const next = after === undefined ? this.collector.position.line : fromCursor(after) + 1;
    return this.followers.add(next, onLines);
  }

  redact(values: readonly string[]): void {
    try {
      this.secrets.save(values);
    } finally {
      this.collector.redactor = Redactor.of(this.secrets.values);
    }
  }

  resize(maxSize: number): void {
    this.collector.resize(maxSize);
  }

  async close(): Promise<void> {
    this.waker.close();
    this.drops.flush();
    this.collector.close();
    this.recent.clear();
    this.followers.close();
    await this.reclaimer.pause();
    this.collector.rest();
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.options.logDir, { recursive: true, force: true });
    const { runDir } = this.options;
    for (const name of ["stdout", "stderr", "output-position", "output-secrets"])
      await rm(join(runDir, name), { force: true });
  }

  /** Lines before the oldest kept one are dropped, and so are those for which the count has gaps. */
  private extent(): Extent {
    const { line, keptLines } = this.collector.position;
    const start = this.segments.segments[0]?.start ?? this.collector.position;
    return { first: start.line, next: line, dropped: line - (keptLines - start.keptLines) };
  }

  private pumpForWaker(): { pumped: Pumped; bytes: number } {
    const before = this.sources.stdout.offset + this.sources.stderr.offset;
    const pumped = this.pump();
    return { pumped, bytes: this.sources.stdout.offset + this.sources.stderr.offset - before };
  }

  /** One turn; what goes wrong with the files is logged and tried again, since nobody else could do more. */
  private pump(options: PumpOptions = {}): Pumped {
    try {
      const pumped = this.collector.pump(options);
      this.reclaimer.consider();
      this.followers.serveAll();
      return pumped;
    } catch (error) {
      this.options.logger.warn({ error }, "cannot read output");
      this.collector.rest();
      this.recreate();
      return "stuck";
    }
  }

  /** Somebody deleted the files: the next start appends to new ones. */
  private recreate(): void {
    try {
      this.sources.stdout.ensure();
      this.sources.stderr.ensure();
    } catch (error) {
      this.options.logger.warn({ error }, "cannot make the output files");
    }
  }

  private tellDropped(dropped: DroppedOutput): void {
    const { lines, bytes, reason } = dropped;
    this.collector.note(`dropped ${lines} lines (${bytes} bytes): ${reason}`);
    this.options.onDropped?.(dropped);
    this.followers.serveAll();
    this.collector.rest();
  }
}
