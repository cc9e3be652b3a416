// Which servers are shown: pure functions of the rows and of what the address says.
import type { ServerNode } from "../../../contract/server.ts";

export interface ServerView {
  text: string;
  /** All must hold. */
  tags: readonly string[];
  /** Only those in this state. */
  state: ServerNode["state"] | "all";
}

const STATES = ["all", "online", "late", "offline", "new"] as const;

export function readServerView(search: string): ServerView {
  const query = new URLSearchParams(search);
  return {
    text: query.get("q") ?? "",
    tags: query.getAll("tag"),
    state: STATES.find((state) => state === query.get("state")) ?? "all",
  };
}

export function writeServerView({ text, tags, state }: ServerView): string {
  const query = new URLSearchParams();
  if (text !== "") query.set("q", text);
  if (state !== "all") query.set("state", state);
  for (const tag of tags) query.append("tag", tag);
  const words = query.toString();
  return words === "" ? "" : `?${words}`;
}

export function fits(server: ServerNode, { text, tags, state }: ServerView): boolean {
  if (state !== "all" && server.state !== state) return false;
  if (!tags.every((tag) => server.tags.includes(tag))) return false;
  const { name, host, ip, agent_version: version, kind, services } = server;
  const all = [name, host, ip, version, kind, server.state, ...server.tags, ...services].join(" ").toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}

/** Tags of the fleet, the commonest first. */
export function tagsOf(servers: readonly ServerNode[]): string[] {
  const counts = new Map<string, number>();
  for (const tag of servers.flatMap(({ tags }) => tags)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([tag]) => tag);
}
