// What `tailherd agent` does with what it was told and what it kept: enrol, go on, follow a hub that moved, or say why not. Pure.

/** What an agent kept of its enrolment, as far as it matters here. */
interface KeptEnrolment {
  hub_url: string;
  name: string;
}

/** What the command line and the environment say. */
export interface AgentWish {
  /** Origin, like "http://nas:8765". */
  hub: string | undefined;
  token: string | undefined;
  name: string | undefined;
  reEnrol: boolean;
}

/** enrol: show the token once. go_on: as kept; `notes` are for people. move: the same hub, known by its key, is elsewhere now. */
export type AgentPlan =
  | { act: "enrol"; hub: string; token: string }
  | { act: "go_on"; notes: string[] }
  | { act: "move"; hub: string; notes: string[] }
  | { act: "refuse"; usage: boolean; words: string; hints: string[] };

const MAKE_TOKEN = "Make one on the hub's machine: tailherd join-token";

/** Decides; nothing is tried yet. */
export function planAgent(kept: KeptEnrolment | undefined, wish: AgentWish): AgentPlan {
  if (kept === undefined || wish.reEnrol) return planEnrolment(kept, wish);
  const moved = wish.hub !== undefined && wish.hub !== kept.hub_url ? wish.hub : undefined;
  if (moved !== undefined && wish.token !== undefined) {
    return refusal(
      false,
      `This machine is enrolled as "${kept.name}" with the hub at ${kept.hub_url}, not with ${moved}`,
      "To go on with that hub, leave out --hub and --token.",
      "To enrol with the other one (which then decides what runs here), add --re-enrol.",
    );
  }
  const notes: string[] = [];
  if (wish.token !== undefined) notes.push("Enrolled already: the token is not needed, and was not used.");
  if (wish.name !== undefined && wish.name !== kept.name) {
    notes.push(`It was enrolled as "${kept.name}". To rename it, on the hub: tailherd servers rename`);
  }
  return moved === undefined ? { act: "go_on", notes } : { act: "move", hub: moved, notes };
}

function planEnrolment(kept: KeptEnrolment | undefined, wish: AgentWish): AgentPlan {
  const hub = wish.hub ?? kept?.hub_url;
  if (hub === undefined) {
    return refusal(
      true,
      "This machine is not enrolled yet: say with which hub",
      "tailherd agent --hub http://nas:8765 --token TOKEN",
      MAKE_TOKEN,
    );
  }
  if (wish.token === undefined) {
    const words = `To enrol with the hub at ${hub} a join token is needed: --token, TAILHERD_JOIN_TOKEN or --token-file`;
    const again = `${MAKE_TOKEN} --for ${kept === undefined ? "NAME" : `"${kept.name}"`} (keeps the server's id, name and history)`;
    return refusal(true, words, kept === undefined ? MAKE_TOKEN : again);
  }
  return { act: "enrol", hub, token: wish.token };
}

function refusal(usage: boolean, words: string, ...hints: string[]): AgentPlan {
  return { act: "refuse", usage, words, hints };
}
