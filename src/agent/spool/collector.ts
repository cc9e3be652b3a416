// Takes lines out of the service's files into segments, exactly once: a block and the place it was read up to are one write.
import type { Clock } from "../../base/clock.ts";
import { MIB } from "../../base/units.ts";
import type { OutputStream } from "../../contract/status.ts";
import type { Logger } from "../../runtime/logger.ts";
import { blockSize, positionAfter, type Block, type BlockHeader, type Position } from "./block.ts";
import { countLines, measureLines, type Measured } from "./framing.ts";
import type { DroppedOutput } from "./output-log.ts";
import type { PositionFile } from "./position-file.ts";
import { MASK_GROWTH, type Redactor } from "./redact.ts";
import type { SegmentStore } from "./segment-store.ts";
import type { FileStream, SourceFile } from "./source-file.ts";

export interface CollectorParts {
  sources: Record<FileStream, SourceFile>;
  segments: SegmentStore;
  positions: PositionFile;
  clock: Clock;
  logger: Logger;
  onBlock: (block: Block) => void;
  onDropped: (dropped: DroppedOutput) => void;
}

/** Bytes taken in one go before other work gets its turn. */
const TURN = 4 * MIB;
/** The same for bytes that are only counted, which is several times quicker. */
const SKIP_TURN = 16 * MIB;
/** While segments cannot be written, so much waits in the service's files before lines are dropped. */
const WAITING_ROOM = 4 * MIB;
/** So much of a segment may have to be walked at the next open. */
const REMEMBER_EVERY = 1 * MIB;

/** What a pump found. `more`: there is more to take now. `stuck`: segments cannot be written; try again in a second. */
export type Pumped = "drained" | "more" | "stuck";

export interface PumpOptions {
  /** Take an unfinished last line as a line. */
  final?: boolean;
  /** Drop what cannot be written instead of letting it wait. */
  force?: boolean;
}

/** The one writer of an instance's segments. */
export class Collector {
  position: Position;
  /** What a successor of ours would find; nothing of the files beyond it may be given back. */
  recorded: Position;
  /** Takes secrets out of what is kept; undefined when none are declared. */
  redactor: Redactor | undefined;
  private readonly parts: CollectorParts;
  private unremembered = 0;
  private failing: string | undefined;
  private closed = false;

  constructor(parts: CollectorParts, position: Position) {
    this.parts = parts;
    this.position = position;
    this.recorded = position;
  }

  resize(maxSize: number): void {
    this.parts.segments.resize(maxSize);
    this.dropOverQuota();
  }

  /** Takes what is there, at most a turn's worth of each file. */
  pump(options: PumpOptions = {}): Pumped {
    if (this.closed) return "drained";
    const sizes = { stdout: this.look("stdout"), stderr: this.look("stderr") };
    if (this.skipOverQuota(sizes)) return "more";
    const results = [
      this.pumpSource("stdout", sizes.stdout, options),
      this.pumpSource("stderr", sizes.stderr, options),
    ];
    if (results.includes("stuck")) return "stuck";
    return results.includes("more") ? "more" : "drained";
  }

  /** Puts a line of ours behind what was taken so far. */
  note(text: string): void {
    const data = Buffer.from(`${text.replaceAll(/\s*\n\s*/g, " ")}\n`);
    if (!this.store("tailherd", data, measureLines(data), {})) {
      this.parts.logger.warn({ note: text }, "cannot keep a note among the output: the segment cannot be written");
    }
  }

  /** Empties a file that is taken to its last byte; answers whether it was. */
  empty(stream: FileStream): boolean {
    const source = this.parts.sources[stream];
    if (source.offset !== source.size()) return false;
    if (source.offset === 0) return true;
    // A crash between these two leaves a file smaller than our place in it, which `look` reads the same way.
    source.truncate();
    this.restart(stream);
    return true;
  }

  /** Remembers where we are; false when that cannot be written. */
  remember(): boolean {
    const last = this.parts.segments.segments.at(-1);
    try {
      this.parts.positions.save({ position: this.position, segment: last?.firstLine ?? -1, size: last?.size ?? 0 });
      this.unremembered = 0;
      this.recorded = this.position;
      return true;
    } catch (error) {
      this.parts.logger.warn({ error }, "cannot remember how far the output is read");
      return false;
    }
  }

  /** Lets go of descriptors until there is something to do. */
  rest(): void {
    const { sources, segments } = this.parts;
    sources.stdout.rest();
    sources.stderr.rest();
    segments.rest();
  }

  close(): void {
    if (!this.closed) this.remember();
    this.closed = true;
    this.rest();
  }

  private pumpSource(stream: FileStream, size: number, options: PumpOptions): Pumped {
    const source = this.parts.sources[stream];
    let taken = 0;
    while (source.offset < size) {
      if (size - source.offset === source.unfinished && options.final !== true) return "drained";
      if (taken >= TURN) return "more";
      const data = source.read(this.readLimit, size);
      if (data.length === 0) return "drained";
      const final = options.final === true && source.offset + data.length === size;
      const measured = this.endWell(data, measureLines(data, final));
      if (measured.lines === 0) {
        source.unfinished = data.length;
        return "drained";
      }
      source.unfinished = 0;
      if (!this.store(stream, data.subarray(0, measured.bytes), measured, options)) return "stuck";
      taken += measured.bytes;
    }
    return "drained";
  }

  /** What was measured, but not up to inside a secret. */
  private endWell(data: Buffer, measured: Measured): Measured {
    return this.redactor?.endWell(data, measured) ?? measured;
  }

  private get readLimit(): number {
    const { blockLimit } = this.parts.segments;
    return this.redactor === undefined ? blockLimit : Math.floor(blockLimit / MASK_GROWTH);
  }

  /** Writes a block, or counts it as dropped; false when it shall wait in the file. */
  private store(stream: OutputStream, data: Buffer, taken: Measured, options: PumpOptions): boolean {
    const { kept, measured } = this.redactor?.redactLines(data, taken) ?? { kept: data, measured: taken };
    const header = this.headerFor(stream, measured, taken.bytes);
    this.dropOverQuota(blockSize(header));
    try {
      this.parts.segments.append(header, kept);
    } catch (error) {
      return this.cannotStore(stream, taken, options, error);
    }
    this.advance(stream, taken);
    this.position = positionAfter(header);
    this.recorded = this.position;
    this.unremembered += kept.length;
    if (this.unremembered >= REMEMBER_EVERY) this.remember();
    this.parts.onBlock({ ...header, data: kept });
    this.failing = undefined;
    return true;
  }

  /** `taken`: bytes of the service's file that it stands for. */
  private headerFor(stream: OutputStream, { bytes, lines, cut }: Measured, taken: number): BlockHeader {
    const start = { ...this.position };
    if (stream !== "tailherd") start[stream] += taken;
    return { stream, cut, bytes, lines, time: this.parts.clock.now(), start };
  }

  private cannotStore(stream: OutputStream, measured: Measured, options: PumpOptions, error: unknown): boolean {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown";
    if (this.failing !== code) this.parts.logger.warn({ error }, "cannot keep output: the segment cannot be written");
    this.failing = code;
    if (stream === "tailherd") return false;
    const source = this.parts.sources[stream];
    if (options.force !== true && source.size() - source.offset < WAITING_ROOM) return false;
    this.drop(stream, measured, code === "ENOSPC" || code === "EDQUOT" ? "disk full" : `write failed (${code})`);
    return this.remember();
  }

  private advance(stream: OutputStream, { bytes }: Measured): void {
    if (stream !== "tailherd") this.parts.sources[stream].offset += bytes;
  }

  private drop(stream: FileStream, measured: Measured, reason: string): void {
    this.advance(stream, measured);
    const { epoch, line, byte } = this.position;
    this.position = {
      ...this.position,
      epoch: epoch + 1,
      line: line + measured.lines,
      byte: byte + measured.bytes,
      [stream]: this.parts.sources[stream].offset,
    };
    this.parts.onDropped({ lines: measured.lines, bytes: measured.bytes, reason });
  }

  /**
   * The quota is for what is kept and what waits in the files together, so that they stay small also when a service writes
   * faster than we read: the oldest goes first, segments before what is unread. Answers whether something unread went, a
   * turn's worth at most; it is counted without being kept.
   */
  private skipOverQuota(sizes: Record<FileStream, number>): boolean {
    const { sources, segments } = this.parts;
    const unread = (stream: FileStream): number => sizes[stream] - sources[stream].offset;
    this.dropOverQuota(unread("stdout") + unread("stderr"));
    let taken = 0;
    while (taken < SKIP_TURN && segments.excess(unread("stdout") + unread("stderr")) > 0) {
      const stream = unread("stdout") >= unread("stderr") ? "stdout" : "stderr";
      const data = sources[stream].read(this.readLimit, sizes[stream]);
      const measured = this.endWell(data, countLines(data));
      if (measured.lines === 0) break;
      this.drop(stream, measured, "backlog");
      taken += measured.bytes;
    }
    if (taken > 0) this.remember();
    return taken > 0;
  }

  private dropOverQuota(incoming = 0): void {
    const { lines, bytes } = this.parts.segments.enforceQuota(incoming);
    if (lines > 0) this.parts.onDropped({ lines, bytes, reason: "quota" });
  }

  /** The file's size; a file that somebody emptied begins anew. */
  private look(stream: FileStream): number {
    const source = this.parts.sources[stream];
    const size = source.size();
    if (size < source.offset) {
      this.parts.logger.debug({ file: source.file, offset: source.offset, size }, "the output file was emptied");
      this.restart(stream);
    }
    return size;
  }

  private restart(stream: FileStream): void {
    this.parts.sources[stream].offset = 0;
    this.parts.sources[stream].unfinished = 0;
    this.position = { ...this.position, epoch: this.position.epoch + 1, [stream]: 0 };
    this.remember();
  }
}
