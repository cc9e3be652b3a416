// Which addresses a hub may listen on, and who can reach them. The command line asks before anything starts, the hub asks again.
import { BlockList, isIP } from "node:net";
import { TailherdError } from "../contract/errors.ts";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Tailscale gives its machines addresses of these two ranges, which nobody but their tailnet routes. */
const tailscale = new BlockList();
tailscale.addSubnet("100.64.0.0", 10, "ipv4");
tailscale.addSubnet("fd7a:115c:a1e0::", 48, "ipv6");

/** Is this host of a listener reachable from this machine only? Of names only `localhost` is: others mean what a resolver says. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || isIn(loopback, host);
}

/** Throws `refused` for an address that reaches beyond this machine and its tailnet, wildcards and names included. */
export function demandPrivate(host: string): void {
  if (isLoopback(host) || isIn(tailscale, host)) return;
  throw new TailherdError(
    "refused",
    `Cannot listen on ${host}: machines outside of the tailnet could reach it; listen on 127.0.0.1, ::1 or localhost, ` +
      "or on this machine's Tailscale address (tailscale ip -4)",
  );
}

function isIn(list: BlockList, host: string): boolean {
  const family = isIP(host);
  return family !== 0 && list.check(host, family === 4 ? "ipv4" : "ipv6");
}
