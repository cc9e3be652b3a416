// Bytes written and read in order: varints, zigzag, float64, text. Reading checks every bound, since a damaged file must be an
// error with a name, never a hang or a crash.

/** The bytes are not what this program wrote. */
export class DamagedBytesError extends Error {}

/** Integers up to this size, either sign, go through `zigzag` exactly, as do their differences. */
export const MAX_CODE = 2 ** 50;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A growing buffer. */
export class ByteWriter {
  private buffer: Uint8Array;
  private view: DataView;
  /** Bytes written. */
  length = 0;

  constructor(capacity = 256) {
    this.buffer = new Uint8Array(capacity);
    this.view = new DataView(this.buffer.buffer);
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.length++] = value;
  }

  /** A whole number from 0 up to 2^53. */
  varint(value: number): void {
    this.reserve(8);
    const { buffer } = this;
    let rest = value;
    while (rest >= 0x80_00_00_00) {
      buffer[this.length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 128) {
      buffer[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    buffer[this.length++] = rest;
  }

  /** A whole number of either sign, small ones in few bytes. */
  zigzag(value: number): void {
    this.varint(toZigzag(value));
  }

  float64(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  uint32(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.length, value, true);
    this.length += 4;
  }

  bytes(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** UTF-8 after its length. */
  text(text: string): void {
    const bytes = encoder.encode(text);
    this.varint(bytes.length);
    this.bytes(bytes);
  }

  /** A copy of what was written from `start` on. */
  slice(start = 0): Uint8Array<ArrayBuffer> {
    return this.buffer.slice(start, this.length);
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.length + bytes));
    grown.set(this.buffer);
    this.buffer = grown;
    this.view = new DataView(grown.buffer);
  }
}

/** Reads `bytes` from `position` up to `end`; throws `DamagedBytesError` past it. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  position: number;

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    if (position < 0 || end > bytes.length || position > end) throw new DamagedBytesError("a length is wrong");
    this.bytes = bytes;
    this.position = position;
    this.end = end;
  }

  get done(): boolean {
    return this.position >= this.end;
  }

  byte(): number {
    this.need(1);
    return this.bytes[this.position++] ?? 0;
  }

  varint(): number {
    const { bytes, end } = this;
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 8; count++) {
      if (this.position >= end) throw new DamagedBytesError("a number is cut off");
      const byte = bytes[this.position++] ?? 0;
      if (byte < 128) return value + byte * scale;
      value += (byte - 128) * scale;
      scale *= 128;
    }
    throw new DamagedBytesError("a number is too long");
  }

  zigzag(): number {
    return fromZigzag(this.varint());
  }

  float64(): number {
    this.need(8);
    const { buffer, byteOffset } = this.bytes;
    const value = new DataView(buffer, byteOffset).getFloat64(this.position, true);
    this.position += 8;
    return value;
  }

  uint32(): number {
    this.need(4);
    const { buffer, byteOffset } = this.bytes;
    const value = new DataView(buffer, byteOffset).getUint32(this.position, true);
    this.position += 4;
    return value;
  }

  /** The next `length` bytes, not copied. */
  take(length: number): Uint8Array {
    this.need(length);
    this.position += length;
    return this.bytes.subarray(this.position - length, this.position);
  }

  text(): string {
    return decoder.decode(this.take(this.varint()));
  }

  private need(bytes: number): void {
    if (!(bytes >= 0) || this.position + bytes > this.end) throw new DamagedBytesError("the end is missing");
  }
}

/** 0, -1, 1, -2 … as 0, 1, 2, 3 … */
export function toZigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

/** The inverse of `toZigzag`. */
export function fromZigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
