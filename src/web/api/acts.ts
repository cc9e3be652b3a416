// Acts on services as people do them: shown at once, followed by one toast from beginning to end, undone where that is possible.
import type { Operation, ServiceAction } from "../../contract/operations.ts";
import { plural } from "../ui/format.ts";
import type { Toasts } from "../ui/toast-manager.ts";
import { call } from "./client.ts";
import type { LiveSocket } from "./live.ts";
import type { LiveStore } from "./live-store.ts";
import { explain } from "./problems.ts";
import { VERBS } from "./service-can.ts";

export interface Acts {
  /** Does it to one service; resolves when it is done or has failed (told by the toast), never rejects. */
  one(name: string, action: ServiceAction, options?: { index?: number }): Promise<void>;
  /** Does it to many as one operation of the hub. */
  many(names: readonly string[], action: ServiceAction): Promise<void>;
}

const OPPOSITE: Partial<Record<ServiceAction, ServiceAction>> = { start: "stop", stop: "start" };

export function createActs({ store, socket, toasts }: { store: LiveStore; socket: LiveSocket; toasts: Toasts }): Acts {
  async function one(name: string, action: ServiceAction, options: { index?: number } = {}): Promise<void> {
    const words = VERBS[action];
    const what = options.index === undefined ? name : `${name} #${options.index}`;
    const undo = OPPOSITE[action];
    const id = toasts.show({ kind: "busy", title: `${words.going} ${what}…` });
    store.setActing(name, action);
    try {
      const query = options.index === undefined ? {} : { index: options.index };
      const answer = await call(`POST /api/services/{name}/${action}`, { params: { name }, query });
      if (!answer.success) throw new Error(answer.message);
      toasts.show(
        {
          kind: "done",
          title: `${words.done} ${what}`,
          detail: answer.message,
          ...(undo !== undefined && { action: { label: "Undo", run: () => void one(name, undo, options) } }),
        },
        id,
      );
    } catch (error) {
      const { title, detail } = explain(error);
      const attempt = `Cannot ${action} ${what}`;
      // The agent's words begin with what was tried, as the title does.
      const facts = detail.startsWith(`${attempt}: `) ? detail.slice(attempt.length + 2) : detail;
      toasts.show({ kind: "failed", title: attempt, detail: facts === "" ? title : facts }, id);
    } finally {
      store.setActing(name, null);
    }
  }

  async function many(names: readonly string[], action: ServiceAction): Promise<void> {
    const [only] = names;
    if (names.length === 1 && only !== undefined) return one(only, action);
    const words = VERBS[action];
    const id = toasts.show({ kind: "busy", title: `${words.going} ${plural(names.length, "service")}…` });
    try {
      const started = await call("POST /api/bulk", { body: { action, services: [...names] } });
      showOperation(toasts, id, await finished(socket, started, (now) => showOperation(toasts, id, now, words)), words);
    } catch (error) {
      const { detail } = explain(error);
      toasts.show({ kind: "failed", title: `Cannot ${action} ${plural(names.length, "service")}`, detail }, id);
    }
  }

  return { one, many };
}

/** How often a running operation is asked about, in case its last message was lost with the socket. */
const ASK_EVERY_MS = 4000;

async function finished(
  socket: LiveSocket,
  started: Operation,
  onProgress: (now: Operation) => void,
): Promise<Operation> {
  if (started.state !== "running") return started;
  onProgress(started);
  const { promise, resolve } = Promise.withResolvers<Operation>();
  const hear = (operation: Operation): void => {
    if (operation.id !== started.id) return;
    if (operation.state === "running") onProgress(operation);
    else resolve(operation);
  };
  const stop = socket.on("operation", (message) => hear(message.data));
  const timer = setInterval(() => {
    call("GET /api/operations/{id}", { params: { id: started.id } }).then(hear, () => undefined);
  }, ASK_EVERY_MS);
  try {
    return await promise;
  } finally {
    stop();
    clearInterval(timer);
  }
}

function showOperation(toasts: Toasts, id: string, operation: Operation, words: { going: string; done: string }): void {
  const { targets } = operation;
  const failed = targets.filter((target) => target.state === "failed");
  const ended = targets.filter((target) => target.state === "done").length + failed.length;
  if (operation.state === "running") {
    toasts.show(
      {
        kind: "busy",
        title: `${words.going} ${plural(targets.length, "service")}`,
        detail: `${ended} of ${targets.length}`,
        progress: { done: ended, total: targets.length },
      },
      id,
    );
  } else if (failed.length === 0) {
    toasts.show({ kind: "done", title: `${words.done} ${plural(targets.length, "service")}` }, id);
  } else {
    toasts.show(
      {
        kind: "failed",
        title: `${failed.length} of ${plural(targets.length, "service")} failed`,
        detail: failed.map((target) => `${target.service}: ${target.message ?? "failed"}`).join("\n"),
      },
      id,
    );
  }
}
