// The one line that brings a machine in: as a full agent, or as a bare node that only tells how it is. Pure.

import { quoted } from "../../ui/quoted.ts";

/** Starts an agent that enrols itself; `again` where the server is known already and comes with a new key. */
export function agentLine({ hub, secret, again }: { hub: string; secret: string; again: boolean }): string {
  const key = again ? " --re-enrol" : "";
  return `TAILHERD_JOIN_TOKEN=${quoted(secret)} tailherd agent --hub ${quoted(hub)}${key}`;
}

const MEMORY = `awk '/^MemTotal/{t=$2}/^MemAvailable/{a=$2}END{printf "%.1f",100*(t-a)/t}' /proc/meminfo`;
const DISK = `df -P / | awk 'NR==2{print $5+0}'`;
const LOAD = "cut -d' ' -f1 /proc/loadavg";

/**
 * Registers and then tells load, memory and disk every `seconds`, with nothing but sh, curl and awk. It ends when the hub
 * refuses it or is away; a unit or a cron line keeps it going.
 */
export function bareLine({ hub, secret, seconds }: { hub: string; secret: string; seconds: number }): string {
  const servers = quoted(`${hub}/api/servers`);
  const json = '-H "Content-Type: application/json"';
  const field = (name: string): string => String.raw`$(printf %s "$R" | sed -n 's/.*"${name}":"\([^"]*\)".*/\1/p')`;
  return [
    `H=$(hostname); R=$(curl -fsS ${servers}/register -H "Authorization: Bearer ${secret}" ${json}` +
      String.raw` -d "{\"name\":\"$H\",\"host\":\"$H\",\"heartbeat_interval\":${seconds}}")`,
    `while curl -fsS -o /dev/null ${servers}/${field("server_id")}/heartbeat` +
      ` -H "Authorization: Bearer ${field("credential")}" ${json}` +
      String.raw` -d "{\"metrics\":{\"load_1\":$(${LOAD}),\"memory_percent\":$(${MEMORY}),\"disk_percent\":$(${DISK})}}"` +
      `; do sleep ${seconds}; done`,
  ].join(" && ");
}

/** Addresses for the line: the one that this browser came by first, those that only the hub's own machine can reach last. */
export function hubAddresses(told: readonly string[], here: string): string[] {
  const all = [...new Set([here, ...told])];
  return all.sort((a, b) => Number(isLoopback(a)) - Number(isLoopback(b)));
}

/** Does the address lead to the machine itself? */
export function isLoopback(url: string): boolean {
  const host = new URL(url).hostname;
  return host === "localhost" || host.endsWith(".localhost") || host === "[::1]" || host.startsWith("127.");
}
