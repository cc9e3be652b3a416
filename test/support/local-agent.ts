// An agent of this process as a hub takes it.
import type { Agent } from "../../src/agent/agent.ts";
import type { HubOptions } from "../../src/hub/hub.ts";

/** What `startHub` takes of an agent. */
export function localAgent(agent: Agent): NonNullable<HubOptions["local"]> {
  return { server: agent.server, open: () => agent.open() };
}
