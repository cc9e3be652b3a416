// Processes of a server that something else started, with the way to adopt one.
import type { ServerNode } from "../../../contract/server.ts";
import { AdoptList } from "../adopt/AdoptList.tsx";
import { Away } from "./Away.tsx";

export function ServerProcesses({ server }: { server: ServerNode }) {
  if (!server.connected && server.kind === "agent") return <Away server={server} what="its processes" />;
  return <AdoptList server={server.kind === "hub" ? undefined : server.name} />;
}
