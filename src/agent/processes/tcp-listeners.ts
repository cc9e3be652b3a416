// Listening TCP sockets as /proc/net/tcp and tcp6 tell them. The kernel walks its whole connection table for each of these
// files (3 ms here with two sockets in it), so they are read rarely: see ListenerTable.
import { endianness } from "node:os";
import { join } from "node:path";
import { numberAfter, ProcReader, type ProcText } from "./proc-files.ts";

/** A socket in the state LISTEN. */
export interface ListenSocket {
  port: number;
  /** As people write it: "127.0.0.1", "::1", "0.0.0.0", "::". */
  address: string;
  family: "ipv4" | "ipv6";
  inode: number;
  uid: number;
}

/** The state LISTEN, as hexadecimal of these files. */
const LISTEN = "0A";
const LITTLE_ENDIAN = endianness() === "LE";
const HEADER = /^\s*sl\s/;
const ROW = /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) \S+ ([0-9A-F]{2}) \S+ \S+ \S+\s+(\d+)\s+\d+\s+(\d+) /;

/** Listening sockets of a whole or cut text; stops at the first row in another state, since the kernel lists LISTEN first. */
export function parseListeners(text: string): ListenSocket[] {
  const sockets: ListenSocket[] = [];
  for (const line of text.split("\n")) {
    const match = ROW.exec(line);
    if (match === null) continue;
    const [, address = "", port = "", state, uid, inode] = match;
    if (state !== LISTEN) break;
    sockets.push({
      port: Number.parseInt(port, 16),
      address: formatAddress(address),
      family: address.length === 8 ? "ipv4" : "ipv6",
      inode: Number(inode),
      uid: Number(uid),
    });
  }
  return sockets;
}

/** The kernel prints each 32-bit word of an address in the machine's byte order. */
export function formatAddress(hex: string): string {
  let ordered = hex;
  if (LITTLE_ENDIAN) ordered = hex.replaceAll(/(..)(..)(..)(..)/g, "$4$3$2$1");
  if (hex.length === 8) {
    return [0, 2, 4, 6].map((at) => Number.parseInt(ordered.slice(at, at + 2), 16)).join(".");
  }
  const groups = ordered.match(/.{4}/g) ?? [];
  // URL writes the canonical short form (RFC 5952).
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

/** Reads the kernel's list of listening sockets. */
export class TcpFiles {
  private readonly reader = new ProcReader();
  private readonly directory: string;

  constructor(procRoot = "/proc") {
    this.directory = join(procRoot, "self", "net");
  }

  /** Both families; IPv4 first. */
  listeners(): ListenSocket[] {
    return [...this.family("tcp"), ...this.family("tcp6")];
  }

  /**
   * A number that changes when TCP sockets come or go (also connected ones, so a busy machine changes it always); undefined
   * where the kernel does not tell. Costs 20 µs where the list costs milliseconds.
   */
  inUse(): number | undefined {
    const four = this.reader.text(join(this.directory, "sockstat"));
    const six = this.reader.text(join(this.directory, "sockstat6"));
    const count = four === undefined ? undefined : numberAfter(four, "TCP: inuse");
    if (count === undefined) return undefined;
    return count * 1_000_000 + (numberAfter(six ?? "", "TCP6: inuse") ?? 0);
  }

  private family(name: "tcp" | "tcp6"): ListenSocket[] {
    const found = this.reader.read(join(this.directory, name), endsInConnections);
    return found === undefined ? [] : parseListeners(found.bytes.toString("latin1", 0, found.length));
  }
}

/** The last whole row is no LISTEN row: all listeners are read, tens of thousands of connections may follow. */
function endsInConnections(soFar: ProcText): boolean {
  const text = soFar.bytes.toString("latin1", Math.max(0, soFar.length - 600), soFar.length);
  const end = text.lastIndexOf("\n");
  if (end <= 0) return false;
  const line = text.slice(text.lastIndexOf("\n", end - 1) + 1, end);
  const match = ROW.exec(line);
  return match !== null && !HEADER.test(line) && match[3] !== LISTEN;
}
