// Listening sockets that outlive the generations of a service: opened before its start and handed to it, as systemd's socket
// activation does (sd_listen_fds(3)): descriptors from 3 on, LISTEN_FDS, LISTEN_FDNAMES and LISTEN_PID.
import { z } from "zod";
import { portSchema } from "./names.ts";

/** POSIX sh knows descriptors of one digit only, and the launch needs two of those for itself. */
const MAX_SOCKETS = 5;

export const heldSocketSchema = z.strictObject({
  /** What the service finds it by, in LISTEN_FDNAMES; a colon ends a name there. */
  name: z
    .string()
    .regex(/^[\x21-\x39\x3b-\x7e]{1,64}$/, "must be 1 to 64 printable ASCII characters, without blanks and ':'")
    .default("socket"),
  /** Address to listen on, as a number: a name could mean another one at each start. */
  host: z.union([z.ipv4(), z.ipv6()]).default("127.0.0.1"),
  port: portSchema,
});
/** One TCP socket that is held open for a service. */
export type HeldSocket = z.infer<typeof heldSocketSchema>;

/** All ports of a definition: those that it declares, and those of its sockets. */
export function portsOf({ ports, sockets }: { ports: readonly number[]; sockets: readonly HeldSocket[] }): number[] {
  return [...new Set([...ports, ...sockets.map(({ port }) => port)])];
}

export const socketsSchema = z
  .array(heldSocketSchema)
  .max(MAX_SOCKETS)
  .superRefine((sockets, context) => {
    const places = sockets.map(({ host, port }) => `${host} ${port}`);
    for (const [index, place] of places.entries()) {
      if (places.indexOf(place) === index) continue;
      context.addIssue({ code: "custom", path: [index, "port"], message: "stands there twice" });
    }
  });
