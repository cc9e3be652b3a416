// The state of a server as shape, colour and word, with the shapes that services have.
import type { ServerNode, ServerState } from "../../contract/server.ts";
import type { InstanceState } from "../../contract/status.ts";
import { StateMark, type Tone } from "./StateMark.tsx";

const LOOK: Record<ServerState, { as: InstanceState; tone: Tone; word: string }> = {
  new: { as: "waiting", tone: "wait", word: "not heard yet" },
  online: { as: "running", tone: "ok", word: "online" },
  late: { as: "unhealthy", tone: "warn", word: "late" },
  offline: { as: "unhealthy", tone: "bad", word: "offline" },
};

export function ServerMark({
  server,
  bare = false,
}: {
  server: Pick<ServerNode, "state" | "revoked">;
  bare?: boolean;
}) {
  const { as, tone, word } = LOOK[server.state];
  return (
    <StateMark
      state={as}
      tone={server.revoked ? "off" : tone}
      word={server.revoked ? `${word}, revoked` : word}
      bare={bare}
    />
  );
}
