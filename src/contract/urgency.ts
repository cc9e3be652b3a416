// Which state needs attention most. Apart from status.ts because it needs no validator: neither the CLI's first line nor the browser
// should load one for a list of words.
import type { InstanceState } from "./status.ts";

/** All states, the one that needs attention most first. It also speaks for a service whose instances differ. */
export const STATES_BY_URGENCY: readonly InstanceState[] = [
  "fatal",
  "unhealthy",
  "backoff",
  "stopping",
  "starting",
  "waiting",
  "running",
  "external",
  "exited",
  "stopped",
];
