// Agents that enrolled at a test hub over the network, as other machines do.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Agent, type AgentOptions, enrolAgent, startAgent } from "../../src/agent/agent.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import type { TestHub } from "./hub.ts";

/** As much of a test hub as servers need. */
export type FleetHub = Pick<TestHub, "url" | "request">;

/** An agent of the fleet. */
export interface FleetAgent extends AsyncDisposable {
  agent: Agent;
  dataDir: string;
  id: string;
}

/** Makes a join token. */
export async function joinToken(hub: FleetHub, body: object = {}): Promise<string> {
  const answer = await hub.request("POST /api/join-tokens", { body });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.json.secret;
}

/** Enrols one and starts it; `via` is another address of the hub, such as a proxy's. */
export async function joinFleet(
  hub: FleetHub,
  name: string,
  options: Partial<AgentOptions> & { tags?: string[]; via?: string } = {},
): Promise<FleetAgent> {
  const { tags = [], via, ...rest } = options;
  const dataDir = await mkdtemp(join(tmpdir(), `tailherd-${name}-`));
  const membership = await enrolAgent(dataDir, { hubUrl: hub.url, token: await joinToken(hub), name, tags });
  const linked = { ...membership, hub_url: via ?? membership.hub_url };
  const agent = await startAgent({ dataDir, membership: linked, logger: silentLogger, ...rest });
  return {
    agent,
    dataDir,
    id: membership.server_id,
    async [Symbol.asyncDispose]() {
      await agent.call("apply", { services: [], update_interval_ms: 1000 });
      await agent.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Waits until a server is as wanted, asking the hub. */
export async function untilServer(
  hub: FleetHub,
  id: string,
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of any shape
  wanted: (server: any) => boolean,
): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const { json } = await hub.request(`GET /api/servers/${id}`);
    if (wanted(json)) return;
    if (Date.now() > deadline) throw new Error(`the server did not get there: ${JSON.stringify(json)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
