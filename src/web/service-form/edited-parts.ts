// Dependencies and held sockets of a definition while they are edited: what is wrong with them the hub says. Pure.

type Definition = Readonly<Record<string, unknown>> | null;

/** What is waited for of one service; nothing said is the default. */
export type EditedDependency = Readonly<Record<string, unknown>>;
/** By the name of the other service. */
export type EditedDependsOn = Readonly<Record<string, EditedDependency>>;
export type EditedSocket = Readonly<Record<string, unknown>>;

/** Of anybody's JSON, what can be shown. */
export function dependsOnOf(definition: Definition): EditedDependsOn {
  const value = definition?.["depends_on"];
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, EditedDependency] => isObject(entry[1])),
  );
}

/** Of anybody's JSON, what can be shown. */
export function socketsOf(definition: Definition): readonly EditedSocket[] {
  const value = definition?.["sockets"];
  return Array.isArray(value) ? value.filter((socket) => isObject(socket)) : [];
}

/** A new one, named so that it has a name of its own; its port is to be typed. */
export function newSocket(others: readonly EditedSocket[]): EditedSocket {
  const taken = new Set(others.map(({ name }) => name));
  let name = "http";
  for (let number = 2; taken.has(name); number += 1) name = `http-${number}`;
  return { name, host: "127.0.0.1" };
}

/** With what was typed in one field: a port as a number, nothing as the default. */
export function withTyped(socket: EditedSocket, key: "name" | "host" | "port", text: string): EditedSocket {
  const { [key]: _, ...rest } = socket;
  const trimmed = text.trim();
  if (trimmed === "") return rest;
  return { ...rest, [key]: key === "port" && /^\d+$/.test(trimmed) ? Number(trimmed) : trimmed };
}

/** Is it shown with the editors of these parts? */
export function isOfParts(path: string): boolean {
  return /^(?:depends_on|sockets)(?:\.|$)/.test(path);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
