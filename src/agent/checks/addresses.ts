// Where checks may not connect to: places that answer whoever asks on this machine's behalf, with things that are not for whoever
// may write a definition (link-local and metadata addresses, promises.md). Judged after resolution, whatever a name says.
import { lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

const FORBIDDEN = new BlockList();
FORBIDDEN.addSubnet("169.254.0.0", 16, "ipv4");
FORBIDDEN.addSubnet("fe80::", 10, "ipv6");
// The same behind NAT64.
FORBIDDEN.addSubnet("64:ff9b::a9fe:0", 112, "ipv6");
// Metadata services that live elsewhere: Alibaba's (Tailscale gives nobody this address), Azure's, Oracle's, Amazon's, Google's.
for (const address of ["100.100.100.200", "168.63.129.16", "192.0.0.192"]) FORBIDDEN.addAddress(address, "ipv4");
for (const address of ["fd00:ec2::254", "fd20:ce::254"]) FORBIDDEN.addAddress(address, "ipv6");
FORBIDDEN.addSubnet("224.0.0.0", 4, "ipv4");
FORBIDDEN.addAddress("255.255.255.255", "ipv4");
FORBIDDEN.addSubnet("ff00::", 8, "ipv6");

/** Why an address (not a name) may not be connected to; undefined when it may. */
export function forbiddenWords(host: string): string | undefined {
  const address = host.replace(/^\[(.*)\]$/, "$1").replace(/%.*$/, "");
  const family = isIP(address);
  if (family === 0 || !FORBIDDEN.check(address, family === 6 ? "ipv6" : "ipv4")) return undefined;
  return `${address} is a link-local, metadata or multicast address, which checks do not connect to`;
}

/** Resolves as ever, and refuses a name when any of its addresses is forbidden. */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, []);
    const words = addresses.map(({ address }) => forbiddenWords(address)).find((each) => each !== undefined);
    if (words !== undefined) return callback(new ForbiddenAddress(`${hostname}: ${words}`), []);
    if (options.all === true) return callback(null, addresses);
    const [first] = addresses;
    callback(null, first?.address ?? "", first?.family);
  });
};

/** Its message is for people as it stands. */
export class ForbiddenAddress extends Error {}
