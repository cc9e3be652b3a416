// Acts on many services as one operation: the hub does them itself, target by target.
import { TailherdError } from "../../contract/errors.ts";
import type { Operation, ServiceAction } from "../../contract/operations.ts";
import type { Clock } from "../../base/clock.ts";
import { orderActs, type OrderedAct } from "../services/act-order.ts";
import type { Catalog } from "../services/catalog.ts";
import { followersOf } from "../services/restart-along.ts";
import type { Actor } from "../store/store.ts";
import { type Operations, targetOf } from "./operations.ts";

/** Targets worked on at the same time: almost all of that time is waiting for processes to live or to end. */
const WIDTH = 256;

/** Does one target; resolves to words, rejects with a `TailherdError`. */
export type TargetWork = (service: string) => Promise<string>;

/**
 * Begins one, in the order that dependencies ask for; with a restart go those that asked to be restarted along. Resolves when it is stored. `ended` resolves, never rejects,
 * when every target is over.
 */
export async function startActs(
  { operations, clock, catalog }: { operations: Operations; clock: Clock; catalog: Catalog },
  about: { kind: string; title: string; action: ServiceAction; services: readonly string[] },
  actor: Actor,
  work: TargetWork,
): Promise<{ operation: Operation; ended: Promise<void> }> {
  const { kind, title, action } = about;
  const followers = action === "restart" ? followersOf(catalog, about.services) : [];
  const order = orderActs(action, [...about.services, ...followers], catalog.all());
  const targets = order.map(({ service }) => ({ service, server_id: null, server: null }));
  const operation = await operations.create({ kind, title, plan: { what: "act", action }, targets }, actor);
  return { operation, ended: run(operation, order, { operations, clock }, work) };
}

async function run(
  operation: Operation,
  order: readonly OrderedAct[],
  { operations, clock }: { operations: Operations; clock: Clock },
  work: TargetWork,
): Promise<void> {
  const { id } = operation;
  const now = (): string => new Date(clock.now()).toISOString();
  const queue = operation.targets.keys();
  const one = async (place: number): Promise<void> => {
    const { service } = targetOf(operation, place);
    if (operation.cancelling) {
      return operations.update(id, place, { state: "cancelled", message: "Not begun: cancelled", ended_at: now() });
    }
    operations.update(id, place, { state: "running", started_at: now() });
    try {
      // On the disk first: after a restart of the hub what may have happened is not told as not begun.
      await operations.save(id);
      const message = await work(service ?? "");
      operations.update(id, place, { state: "done", message, ended_at: now() });
    } catch (error) {
      const message = error instanceof TailherdError ? error.message : "Something of ours broke";
      operations.update(id, place, { state: "failed", message, ended_at: now() });
    }
  };
  const over = new Map<string, Promise<void>>();
  const worker = async (): Promise<void> => {
    for (const place of queue) {
      const { service, after = [] } = order[place] ?? {};
      // They stand before this one, so they are in somebody's hands already. How they went does not matter: a start waits at its agent.
      const before = after.map((name) => over.get(name) ?? Promise.resolve());
      const mine = Promise.all(before).then(() => one(place));
      if (service !== undefined) over.set(service, mine);
      await mine;
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
}
