// What happened on a server: it came, went and came back; what its services did.
import type { ServerNode } from "../../../contract/server.ts";
import { EventList } from "../service/EventList.tsx";

export function ServerEvents({ server }: { server: ServerNode }) {
  return <EventList of={{ server: server.id }} />;
}
