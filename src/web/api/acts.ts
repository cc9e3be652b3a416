// Acts on services as people do them: shown at once, followed by one toast from beginning to end, undone where that is possible.
import type { Operation, ServiceAction } from "../../contract/operations.ts";
import { plural } from "../ui/format.ts";
import type { Toasts } from "../ui/toast-manager.ts";
import { call } from "./client.ts";
import type { LiveSocket } from "./live.ts";
import type { LiveStore } from "./live-store.ts";
import { navigate } from "wouter/use-browser-location";
import { paths } from "../paths.ts";
import { explain } from "./problems.ts";
import { VERBS } from "./service-can.ts";

/** Which instances are meant: all, or those of one number, one server, or both. */
export interface Which {
  index?: number;
  /** Its id, and its name for the words. */
  server?: { id: string; name: string };
}

export interface Acts {
  /**
   * Does it to one service, once somebody agreed where others depend on it; resolves when it is done, has failed (told by the
   * toast) or was not agreed to, never rejects.
   */
  one(name: string, action: ServiceAction, options?: Which): Promise<void>;
  /** Does it to many as one operation of the hub. */
  many(names: readonly string[], action: ServiceAction): Promise<void>;
}

const OPPOSITE: Partial<Record<ServiceAction, ServiceAction>> = { start: "stop", stop: "start" };

interface ActsOptions {
  store: LiveStore;
  socket: LiveSocket;
  toasts: Toasts;
  /** May a whole service be stopped or restarted, whatever depends on it? */
  consent: (name: string, action: "stop" | "restart") => Promise<boolean>;
}

export function createActs({ store, socket, toasts, consent }: ActsOptions): Acts {
  /** Services whose act waits for an answer: a second press asks no second time. */
  const asked = new Set<string>();

  async function agreed(name: string, action: ServiceAction): Promise<boolean> {
    if (action !== "stop" && action !== "restart") return true;
    if (asked.has(name)) return false;
    asked.add(name);
    try {
      return await consent(name, action);
    } finally {
      asked.delete(name);
    }
  }

  async function one(name: string, action: ServiceAction, options: Which = {}): Promise<void> {
    const words = VERBS[action];
    const { index, server } = options;
    // One instance of several is missed by nobody.
    if (index === undefined && server === undefined && !(await agreed(name, action))) return;
    const what = [name, index !== undefined && `#${index}`, server !== undefined && `on ${server.name}`]
      .filter((part) => part !== false)
      .join(" ");
    const undo = OPPOSITE[action];
    const id = toasts.show({ kind: "busy", title: `${words.going} ${what}…` });
    store.setActing(name, action);
    try {
      const query = { ...(index !== undefined && { index }), ...(server !== undefined && { server: server.id }) };
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
  if (started.ended_at !== null) return started;
  onProgress(started);
  const { promise, resolve } = Promise.withResolvers<Operation>();
  const hear = (operation: Operation): void => {
    if (operation.id !== started.id) return;
    latest = operation;
    if (operation.ended_at === null) onProgress(operation);
    else resolve(operation);
  };
  let latest = started;
  const stops = [
    socket.on("operation", ({ data }) => hear(data)),
    socket.on("operation_changed", ({ data: { id, state, counts } }) => hear({ ...latest, id, state, counts })),
  ];
  const timer = setInterval(() => {
    call("GET /api/operations/{id}", { params: { id: started.id } }).then(hear, () => undefined);
  }, ASK_EVERY_MS);
  try {
    return await promise;
  } finally {
    stops.forEach((stop) => stop());
    clearInterval(timer);
  }
}

/** In a toast; its page tells all. */
const FAILURES_TOLD = 10;

function showOperation(toasts: Toasts, id: string, operation: Operation, words: { going: string; done: string }): void {
  const { counts, targets } = operation;
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const failed = counts.failed + counts.unknown;
  const ended = counts.done + counts.cancelled + failed;
  // The toast is a glance; the page behind it stays when this tab is closed.
  const action = { label: "Details", run: () => navigate(paths.operation(operation.id)) };
  if (operation.ended_at === null) {
    toasts.show(
      {
        kind: "busy",
        title: `${words.going} ${plural(total, "service")}`,
        detail: `${ended} of ${total}`,
        progress: { done: ended, total },
        action,
      },
      id,
    );
  } else if (failed + counts.cancelled === 0) {
    toasts.show({ kind: "done", title: `${words.done} ${plural(total, "service")}`, action }, id);
  } else {
    toasts.show(
      {
        kind: "failed",
        title:
          failed > 0
            ? `${failed} of ${plural(total, "service")} failed`
            : `${counts.cancelled} of ${plural(total, "service")} cancelled`,
        detail: targets
          .filter(({ state }) => state === "failed" || state === "unknown")
          .slice(0, FAILURES_TOLD)
          .map((target) => `${target.service}: ${target.message ?? "failed"}`)
          .join("\n"),
        action,
      },
      id,
    );
  }
}
