// Hosts of a network, made of Linux's network namespaces: each has an address of its own, on one switch. Needs root and iproute2.
import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from "node:child_process";

/** Of Tailscale's range, in which hubs may listen. */
const NETWORK = "100.64.77";

/** Can this machine have them? */
export function canHaveHosts(): boolean {
  const probe = `thp${process.pid}`;
  if (spawnSync("ip", ["netns", "add", probe]).status !== 0) return false;
  spawnSync("ip", ["netns", "del", probe]);
  return spawnSync("nsenter", ["--version"]).status === 0;
}

/** A switch and the hosts on it; all are gone when it is disposed. */
export class Network implements Disposable {
  private readonly names: string[] = [];
  private readonly prefix = `th${process.pid}-`;

  constructor() {
    this.add("switch");
    this.inside("switch", "ip", "link", "add", "sw0", "type", "bridge");
    this.inside("switch", "ip", "link", "set", "sw0", "up");
  }

  /** Adds a host; its address ends with `number`. */
  host(number: number): Host {
    const name = `host${number}`;
    const address = `${NETWORK}.${number}`;
    this.add(name);
    const [own, peer] = [this.full(name), this.full("switch")];
    run("ip", "link", "add", "eth0", "netns", own, "type", "veth", "peer", "name", name, "netns", peer);
    this.inside("switch", "ip", "link", "set", name, "master", "sw0", "up");
    this.inside(name, "ip", "address", "add", `${address}/24`, "dev", "eth0");
    this.inside(name, "ip", "link", "set", "lo", "up");
    this.inside(name, "ip", "link", "set", "eth0", "up");
    return {
      address,
      start: (command, options = {}) => spawn("nsenter", [this.netOf(name), ...command], options),
      run: (...command) => this.inside(name, ...command),
      plug: (isIn) => void this.inside("switch", "ip", "link", "set", name, isIn ? "up" : "down"),
    };
  }

  [Symbol.dispose](): void {
    for (const name of this.names) spawnSync("ip", ["netns", "del", name]);
  }

  private add(name: string): void {
    run("ip", "netns", "add", this.full(name));
    this.names.push(this.full(name));
  }

  private inside(name: string, ...command: string[]): string {
    return run("nsenter", this.netOf(name), ...command);
  }

  /** Only the network is the host's own: `ip netns exec` would hide the cgroups too. */
  private netOf(name: string): string {
    return `--net=/run/netns/${this.full(name)}`;
  }

  private full(name: string): string {
    return this.prefix + name;
  }
}

/** One host. */
export interface Host {
  address: string;
  /** Starts a program there. */
  start(command: string[], options?: SpawnOptions): ChildProcess;
  /** Runs one to its end; what it printed. Throws when it fails. */
  run(...command: string[]): string;
  /** Puts its cable into the switch, or pulls it. */
  plug(isIn: boolean): void;
}

function run(program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8" });
  if (status === 0) return stdout;
  throw new Error(`Cannot run ${program} ${args.join(" ")}: ${stderr}`);
}
