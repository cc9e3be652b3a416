// Operations: commands on servers, how long acts go, and their end before their time.
import { SECOND } from "../../../base/units.ts";
import type { CommandAction } from "../../../contract/commands.ts";
import { TailherdError } from "../../../contract/errors.ts";
import { FEW_TARGETS, type Operation, type OperationTarget, type WishAction } from "../../../contract/operations.ts";
import { demand, type Identity } from "../../auth/identity.ts";
import { startActs } from "../../operations/act-run.ts";
import { type CommandPlan, commandRefusal, titleOf } from "../../operations/command-rules.ts";
import type { CommandTarget } from "../../operations/command-runs.ts";
import { isOver } from "../../operations/operation-rules.ts";
import { type Operations, targetOf } from "../../operations/operations.ts";
import type { Actor } from "../../store/store.ts";
import { ALL_INSTANCES } from "../../services/service-acts.ts";
import { placedOn } from "../../agents/placement.ts";
import { TAKEN_OVER, type HandlersOf } from "../define-routes.ts";
import { EventStream } from "../event-stream.ts";
import type { HubParts } from "../hub-parts.ts";
import { retryRolling } from "./rolling-handlers.ts";

type Keys =
  | "POST /api/servers/{id}/command"
  | "POST /api/commands"
  | "GET /api/operations"
  | "GET /api/operations/{id}"
  | "GET /api/operations/{id}/output"
  | "POST /api/operations/{id}/cancel"
  | "POST /api/operations/{id}/retry";

/** Milliseconds that an answer waits for what was commanded; then it says that it goes on. */
const ANSWER_WAITS = 15_000;
/** Characters of one event of a stream. */
const PIECE = 65_536;
const WISHES: Partial<Record<CommandAction, WishAction>> = { stop_service: "stop", restart_service: "restart" };
const RETRIED: ReadonlySet<string> = new Set(["failed", "unknown", "cancelled"]);

/** Handlers of operations. */
export function operationHandlers(parts: HubParts): HandlersOf<Keys> {
  const { operations, commands, rollouts, book, acts } = parts;
  return {
    async "POST /api/servers/{id}/command"({ params, body, identity, actor }) {
      const server = book.require(params.id);
      const { service_name = null, argv = null, ...rest } = body;
      const plan: CommandPlan = { what: "command", service_name, argv, ...rest, width: 1, stop_after_failures: null };
      const [target] = aim([server.id], plan, identity, parts);
      const { server: name, refusal } = target ?? { server: server.name, refusal: "it is gone" };
      if (refusal !== undefined) throw new TailherdError("refused", `Cannot ${titleOf(plan)}: ${refusal}`);
      if (plan.queue_for === 0 && !parts.agents.isOpen(server.id)) {
        throw new TailherdError("agent_away", `Cannot ${titleOf(plan)}: ${name} is not linked to the hub now`);
      }
      const operation = await start(plan, target === undefined ? [] : [target], actor, parts);
      return answerOf(await settled(operation, plan, parts));
    },
    async "POST /api/commands"({ body, identity, actor }) {
      const { servers, tags, service_name = null, argv = null, ...rest } = body;
      const plan: CommandPlan = { what: "command", service_name, argv, ...rest };
      const named = servers.map((server) => book.require(server).id);
      const tagged = tags.length === 0 ? [] : placedOn({ servers: [], tags }, book.stored());
      const ids = [...new Set([...named, ...tagged])];
      if (ids.length === 0) throw new TailherdError("not_found", `There is no server with the tags ${tags.join(", ")}`);
      return await start(plan, aim(ids, plan, identity, parts), actor, parts);
    },
    "GET /api/operations": () =>
      operations
        .list()
        .map((operation) => (operation.targets.length > FEW_TARGETS ? { ...operation, targets: [] } : operation)),
    async "GET /api/operations/{id}"({ params, query }) {
      await operations.wait(params.id, (query.wait ?? 0) * SECOND);
      if (query.server === undefined) return operations.read(params.id);
      const { server } = query;
      return operations.read(params.id, (target) => target.server_id === server || target.server === server);
    },
    async "GET /api/operations/{id}/output"({ params, identity, outgoing }) {
      const operation = operations.require(params.id);
      const stream = new EventStream(outgoing, parts.clock);
      const right = parts.open.add(identity.credential, () => stream.end());
      stream.onClose(() => right[Symbol.dispose]());
      streamOutput(operation, operations, stream).catch((error: unknown) => {
        parts.logger.warn({ err: error }, "Cannot stream what an operation prints");
        stream.end();
      });
      return TAKEN_OVER;
    },
    async "POST /api/operations/{id}/cancel"({ params, identity, actor }) {
      const operation = operations.require(params.id);
      const plan = operations.planOf(params.id);
      if (plan.what === "command") demandFor(identity, plan.action);
      if (operation.ended_at !== null)
        throw new TailherdError("refused", `Cannot cancel "${operation.title}": it has ended`);
      await parts.store.recordAudit("operation.cancel", operation.title, actor);
      if (plan.what === "command") commands.cancel(operation.id);
      else operations.cancelling(operation.id);
      // What is answered is kept, whatever becomes of the hub.
      await operations.save(operation.id);
      rollouts.reconsider(operation.id);
      return await operations.read(params.id);
    },
    async "POST /api/operations/{id}/retry"({ params, identity, actor }) {
      const operation = operations.require(params.id);
      const plan = operations.planOf(params.id);
      const again = operation.targets.filter(({ state }) => RETRIED.has(state));
      if (operation.ended_at === null)
        throw new TailherdError("refused", `Cannot retry "${operation.title}": it still goes on`);
      if (again.length === 0)
        throw new TailherdError("refused", `Cannot retry "${operation.title}": all of it is done`);
      if (plan.what === "command") {
        const ids = again.flatMap(({ server_id }) => (server_id === null ? [] : [server_id]));
        return await start(plan, aim(ids, plan, identity, parts), actor, parts);
      }
      if (plan.what === "rolling") return await retryRolling(again, plan, identity, actor, parts);
      const services = again.flatMap(({ service }) => (service === null ? [] : [service]));
      const about = { kind: operation.kind, title: operation.title, action: plan.action, services };
      const work = async (service: string) => (await acts.act(service, plan.action, ALL_INSTANCES, actor)).message;
      return (await startActs(parts, about, actor, work)).operation;
    },
  };
}

/** Throws `forbidden` for those who may not: acting on services is an operator's right, running programs an admin's. */
function demandFor(identity: Identity, action: CommandAction): void {
  demand(identity, action === "run" ? "server.run" : "service.operate");
}

/** Servers to command, as they are now; the right is decided for each of them. Throws `forbidden`, `not_found` for an unknown service. */
function aim(
  ids: readonly string[],
  plan: CommandPlan,
  identity: Identity,
  { book, deployment, catalog }: HubParts,
): CommandTarget[] {
  const { service_name: service, action } = plan;
  demandFor(identity, action);
  if (service !== null) catalog.require(service);
  return ids.map((id) => {
    const node = book.get(id);
    const refusal =
      node === undefined
        ? "it is not of the fleet any more"
        : commandRefusal(node, plan, service === null || deployment.isOn(service, id));
    return { server_id: id, server: node?.name ?? id, refusal };
  });
}

/** What is done to a service on a server is what is wished for it there from then on, and stored before anything is sent. */
async function start(
  plan: CommandPlan,
  targets: readonly CommandTarget[],
  actor: Actor,
  { commands, acts }: HubParts,
): Promise<Operation> {
  const { service_name: service, action } = plan;
  for (const { server_id, refusal } of service === null ? [] : targets) {
    if (refusal !== undefined || service === null) continue;
    await acts.wishFor(service, WISHES[action] ?? "start", server_id, actor);
  }
  return await commands.start(plan, targets, actor);
}

/** The operation's one target as it is when it is over, runs (for `run`, which may take long), waits for its server, or too long. */
async function settled(
  operation: Operation,
  plan: CommandPlan,
  { operations, clock, agents }: HubParts,
): Promise<Operation> {
  const [{ server_id } = { server_id: null }] = operation.targets;
  const waits = (): boolean => {
    const { state } = targetOf(operation, 0);
    if (isOver(state)) return false;
    if (state === "queued") return agents.isOpen(server_id ?? "");
    return plan.action !== "run" || state === "sent";
  };
  if (!waits()) return operation;
  await new Promise<void>((resolve) => {
    const timer = clock.after(ANSWER_WAITS, () => finish());
    const listening = operations.moved.on(({ id }) => (id === operation.id && !waits() ? finish() : undefined));
    const finish = (): void => {
      timer.cancel();
      listening[Symbol.dispose]();
      resolve();
    };
  });
  return operation;
}

function answerOf(operation: Operation): { success: boolean; message: string; operation_id: string } {
  const target = targetOf(operation, 0);
  const success = !RETRIED.has(target.state);
  return { success, message: target.message ?? wordsFor(target, operation.title), operation_id: operation.id };
}

function wordsFor({ state, server }: OperationTarget, title: string): string {
  if (state === "queued") return `"${title}" waits until ${server} is linked to the hub`;
  return state === "sent"
    ? `"${title}" is sent to ${server}, which has not answered yet`
    : `"${title}" runs on ${server}`;
}

/** What was printed before, then what comes, then the end. */
async function streamOutput(operation: Operation, operations: Operations, stream: EventStream): Promise<void> {
  const { id } = operation;
  const sent = new Map<number, number>();
  const early: { place: number; at: number; text: string }[] = [];
  let replaying = true;
  const send = (place: number, at: number, text: string): void => {
    const skip = Math.max(0, (sent.get(place) ?? 0) - at);
    const { server_id, server } = targetOf(operation, place);
    for (let from = skip; from < text.length; from += PIECE) {
      const piece = text.slice(from, from + PIECE);
      stream.send(
        "output",
        `${place}:${at + from}`,
        JSON.stringify({ place, server_id, server, at: at + from, text: piece }),
      );
    }
    sent.set(place, Math.max(sent.get(place) ?? 0, at + text.length));
  };
  const end = (): void => {
    if (replaying || operation.ended_at === null) return;
    const { state, counts } = operation;
    stream.send("end", "end", JSON.stringify({ state, counts }));
    stream.end();
  };
  const listening = [
    operations.printed.on((output) => {
      if (output.id !== id) return;
      if (replaying) early.push(output);
      else send(output.place, output.at, output.text);
    }),
    operations.moved.on((moved) => (moved.id === id ? end() : undefined)),
  ];
  stream.onClose(() => listening.forEach((each) => each[Symbol.dispose]()));
  for (const [place, { text, at }] of await operations.outputs(id)) {
    send(place, at, text);
    await stream.drained();
  }
  replaying = false;
  for (const { place, at, text } of early) send(place, at, text);
  end();
}
