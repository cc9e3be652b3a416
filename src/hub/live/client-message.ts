// What clients of /ws send: read, checked, and held against their rights.
import { TailherdError, toFieldIssues } from "../../contract/errors.ts";
import { clientMessageSchema, type ClientMessage, type Topic } from "../../contract/live.ts";
import { roleAllows, type Action } from "../../contract/roles.ts";
import type { Identity } from "../auth/identity.ts";

/** How the topics of a service's output begin. */
export const OUTPUT = "output:";

/** The message that a text is; throws `bad_json` or `invalid` in words. */
export function parseMessage(text: string): ClientMessage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new TailherdError("bad_json", "Cannot read the message: it is not JSON");
  }
  const checked = clientMessageSchema.safeParse(value);
  if (checked.success) return checked.data;
  const words = toFieldIssues(checked.error).map(({ path, message }) => `${path}: ${message}`);
  throw new TailherdError("invalid", `Cannot read the message: ${words.join("; ")}`);
}

const TOPIC_ACTIONS: Record<"services" | "stats" | "servers" | "events" | "operations" | "tasks" | "output", Action> = {
  services: "service.read",
  stats: "stats.read",
  servers: "server.read",
  events: "event.read",
  operations: "operation.read",
  tasks: "task.read",
  output: "output.read",
};

/** Throws `forbidden` unless the caller may hear this topic. */
export function demandTopic({ principal }: Identity, topic: Topic): void {
  const kind = topic.split(":", 1)[0] as keyof typeof TOPIC_ACTIONS;
  if (roleAllows(principal.role, TOPIC_ACTIONS[kind])) return;
  throw new TailherdError(
    "forbidden",
    `Cannot subscribe to ${topic}: ${principal.name} may not ${TOPIC_ACTIONS[kind]}`,
  );
}
