// The process that `forkTestAgent` starts: an agent that is asked over the fork's channel.
import { startAgent } from "../../src/agent/agent.ts";
import type { AgentMethod, AgentParams } from "../../src/contract/agent.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { miniHub } from "./mini-hub.ts";

const agent = await startAgent({
  dataDir: process.argv[2] ?? "",
  serverName: "test",
  allowRun: true,
  logger: silentLogger,
});
const call = miniHub(agent.open(), (notice) => process.send?.({ notice }));
process.on("message", (request: { id: number; method: AgentMethod; params: AgentParams<AgentMethod> }) => {
  call(request.method, request.params as never).then(
    (result) => process.send?.({ id: request.id, result }),
    (error: unknown) => process.send?.({ id: request.id, error: String(error) }),
  );
});
process.on("SIGTERM", () => void agent.close().then(() => process.exit(0)));
process.send?.({ ready: true });
