// The log of samples as files: frames with a checksum, each the bytes by which streams have grown since the frame before.
import { readFile } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { ByteReader, ByteWriter, DamagedBytesError } from "./bytes.ts";

/** What a frame says of one server: more bytes of its stream, or that all of before is forgotten. */
export type LogEntry = { kind: "bytes"; server_id: string; bytes: Uint8Array } | { kind: "forget"; server_id: string };

const BYTES = 1;
const FORGET = 2;

/** What a log file holds, once all of it is read. */
export interface Segment {
  /** The streams by server, from the last `forget` on. */
  streams: Map<string, Uint8Array>;
  forgotten: Set<string>;
  /** It did not end with a whole frame. */
  damaged: boolean;
}

/** One frame. */
export function encodeFrame(entries: readonly LogEntry[]): Uint8Array {
  const body = new ByteWriter(4096);
  for (const entry of entries) {
    body.byte(entry.kind === "bytes" ? BYTES : FORGET);
    body.text(entry.server_id);
    if (entry.kind === "forget") continue;
    body.varint(entry.bytes.length);
    body.bytes(entry.bytes);
  }
  const bytes = body.slice();
  const frame = new ByteWriter(bytes.length + 8);
  frame.uint32(bytes.length);
  frame.uint32(crc32(bytes));
  frame.bytes(bytes);
  return frame.slice();
}

/** All whole frames of a file, up to the first that is not. Rejects only when the file cannot be read. */
export async function readSegment(path: string): Promise<Segment> {
  return decodeSegment(await readFile(path));
}

/** As `readSegment`, of bytes. */
export function decodeSegment(bytes: Uint8Array): Segment {
  const parts = new Map<string, Uint8Array[]>();
  const forgotten = new Set<string>();
  let damaged = false;
  try {
    const file = new ByteReader(bytes);
    while (!file.done) {
      const length = file.uint32();
      const checksum = file.uint32();
      const body = file.take(length);
      if (crc32(body) !== checksum) throw new DamagedBytesError("the checksum does not fit");
      readFrame(new ByteReader(body), parts, forgotten);
    }
  } catch {
    // Death while writing leaves a frame cut off; nothing of it was promised.
    damaged = true;
  }
  const streams = new Map([...parts].map(([server, list]) => [server, new Uint8Array(Buffer.concat(list))]));
  return { streams, forgotten, damaged };
}

function readFrame(reader: ByteReader, parts: Map<string, Uint8Array[]>, forgotten: Set<string>): void {
  while (!reader.done) {
    const kind = reader.byte();
    const server = reader.text();
    if (kind === FORGET) {
      parts.delete(server);
      forgotten.add(server);
    } else if (kind === BYTES) {
      const bytes = reader.take(reader.varint());
      const list = parts.get(server);
      if (list === undefined) parts.set(server, [bytes]);
      else list.push(bytes);
    } else throw new DamagedBytesError("a record's kind is not known");
  }
}
