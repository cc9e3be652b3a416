// How long ago a server was heard, and what that means for its values.
import type { ServerNode } from "../../../contract/server.ts";
import { useAge } from "../../api/hooks.ts";
import { useApp } from "../../app-context.ts";
import { formatDuration, formatExact, formatShortClock } from "../../ui/format.ts";
import { isOld } from "./measures.ts";

/** "2 s"; "never" before the first. */
export function HeartbeatAge({ server }: { server: ServerNode }) {
  const age = useAge(server.last_seen);
  if (server.last_seen === null) return "never";
  return (
    <time dateTime={server.last_seen} title={`last heard ${formatExact(Date.parse(server.last_seen))}`}>
      {formatDuration(age)}
    </time>
  );
}

/** "offline · values from 13:58" where its values are old; nothing else. */
export function StaleWords({ server, className }: { server: ServerNode; className?: string | undefined }) {
  const { store } = useApp();
  if (!isOld(server) || server.last_seen === null) return null;
  return (
    <span className={className}>
      {server.state} · values from {formatShortClock(Date.parse(server.last_seen), Date.now() + store.clockSkew)}
    </span>
  );
}
