// The hub's end of a link for tests of agents: it confirms what it is told, and hands it on.
import { systemClock } from "../../src/base/clock.ts";
import type { AgentMethod, AgentNotice, AgentParams, AgentResult } from "../../src/contract/agent.ts";
import type { HubParams } from "../../src/contract/link.ts";
import type { Channel } from "../../src/runtime/link/channel.ts";
import { RpcPeer } from "../../src/runtime/link/rpc-peer.ts";

/** Asks an agent. */
export type CallAgent = <M extends AgentMethod>(method: M, params: AgentParams<M>) => Promise<AgentResult<M>>;

/** Speaks with the agent at the other end of a channel, which needs no proof. */
export function miniHub(channel: Channel, hear: (notice: AgentNotice) => void): CallAgent {
  const peer = new RpcPeer(
    channel,
    {
      async handle(method, params) {
        if (method === "join") return { confirmed: 0, tasks: true, at: Date.now() };
        if (method === "heartbeat") {
          const { at, system, instances, samples, values, left_out } = params as HubParams<"heartbeat">;
          hear({ notice: "samples", data: { at, system, instances, samples, values, left_out } });
          return { at: Date.now() };
        }
        const { entries } = params as HubParams<"tell">;
        for (const entry of entries) {
          if (entry.kind === "event") hear({ notice: "event", data: entry.event });
          else if (entry.kind === "command") hear({ notice: "command", data: entry.result });
          else if (entry.kind === "run") hear({ notice: "run", data: entry.run });
        }
        return { confirmed: entries.at(-1)?.seq ?? 0 };
      },
      hear: (method, data) => hear({ notice: method, data } as AgentNotice),
      failed: (error) => {
        throw error;
      },
    },
    systemClock,
  );
  return async (method, params) => (await peer.request(method, params)) as AgentResult<typeof method>;
}
