// What interfaces receive and send, from /proc/net/dev. Those that container and machine managers make by the hundred are
// summed under one name each: they come and go, and nobody asks for veth3f2a91c.
import { firstByName, type MetricValues } from "./metric-values.ts";
import { forEachLine, readNumbers } from "./numbers.ts";
import { type Rates, RateTable, sumRates } from "./rates.ts";

/** Interfaces (and groups) that are told; each has six metrics. */
const MAX_INTERFACES = 16;

/** A line of /proc/net/dev, both directions. */
export interface InterfaceCounters {
  name: string;
  receivedBytes: number;
  receivedPackets: number;
  sentBytes: number;
  sentPackets: number;
  errors: number;
  drops: number;
}

const FIELDS = 16;
const numbers = new Float64Array(FIELDS);

/** Follows the interfaces' counters. */
export class NetworkMeter {
  private readonly rates = new RateTable();

  /** Puts the rates since the call before. `at`: monotonic milliseconds. */
  put(values: MetricValues, text: string, at: number): void {
    const groups = new Map<string, (Rates | undefined)[]>();
    this.rates.begin(at);
    for (const each of parseNetDev(text)) {
      // What never carried a packet is there by default (ifb0, sit0, tunl0) or has no cable.
      if (each.name === "lo" || each.receivedPackets + each.sentPackets === 0) continue;
      const rates = this.rates.of(each.name, [
        each.receivedBytes,
        each.sentBytes,
        each.receivedPackets,
        each.sentPackets,
        each.errors,
        each.drops,
      ]);
      const label = groupOf(each.name) ?? each.name;
      const known = groups.get(label);
      if (known === undefined) groups.set(label, [rates]);
      else known.push(rates);
    }
    const told = firstByName([...groups], MAX_INTERFACES, ([label]) => label);
    for (const [label, members] of told) {
      const rates = sumRates(members) ?? [];
      values.put("network_receive_bytes_per_second", rates[0], label);
      values.put("network_transmit_bytes_per_second", rates[1], label);
      values.put("network_receive_packets_per_second", rates[2], label);
      values.put("network_transmit_packets_per_second", rates[3], label);
      values.put("network_errors_per_second", rates[4], label);
      values.put("network_drops_per_second", rates[5], label);
    }
    values.leaveOut((groups.size - told.length) * 6);
  }
}

/** Reads /proc/net/dev; lines that are cut off are left out. */
export function parseNetDev(text: string): InterfaceCounters[] {
  const interfaces: InterfaceCounters[] = [];
  forEachLine(text, (start, end) => {
    // Old kernels write no blank after the colon, and an alias ("eth0:1") has one of its own in the name.
    const colon = text.lastIndexOf(":", end - 1);
    if (colon < start || readNumbers(text, colon + 1, numbers) < FIELDS) return;
    const name = text.slice(start, colon).trim();
    if (name === "") return;
    const [receivedBytes = 0, receivedPackets = 0, receiveErrors = 0, receiveDrops = 0, , , , ,] = numbers;
    const [sentBytes = 0, sentPackets = 0, sendErrors = 0, sendDrops = 0] = numbers.subarray(8);
    interfaces.push({
      name,
      receivedBytes,
      receivedPackets,
      sentBytes,
      sentPackets,
      errors: receiveErrors + sendErrors,
      drops: receiveDrops + sendDrops,
    });
  });
  return interfaces;
}

/** Docker's networks and its and podman's veth, Calico's cali, Cilium's and LXC's lxc, libvirt's vnet, Proxmox' fw… and tap100i0. */
const MADE_BY_THE_HUNDRED = /^(veth|br-(?=[\da-f]{12}$)|cali|lxc(?!br)|vnet|fwbr|fwln|fwpr|tap(?=\d+i\d))/;

/** "veth*" for an interface that is summed with its like, else undefined. */
export function groupOf(name: string): string | undefined {
  const prefix = MADE_BY_THE_HUNDRED.exec(name)?.[1];
  return prefix === undefined ? undefined : `${prefix}*`;
}
