// Acts on many services as one operation of the hub, followed by one toast from beginning to end.
import type { Operation, ServiceAction } from "../../contract/operations.ts";
import { plural } from "../ui/format.ts";
import type { Toasts } from "../ui/toast-manager.ts";
import { call } from "./client.ts";
import type { LiveSocket } from "./live.ts";
import { explain } from "./problems.ts";
import { VERBS } from "./service-can.ts";

/** What following one needs. */
export interface OperationParts {
  socket: LiveSocket;
  toasts: Toasts;
  /** Leads to the page of an operation. */
  open: (id: string) => void;
}

/** Begins it, and resolves when it is done or has failed (told by the toast); never rejects. */
export async function actOnMany(
  names: readonly string[],
  action: ServiceAction,
  { socket, toasts, open }: OperationParts,
): Promise<void> {
  const words = VERBS[action];
  const id = toasts.show({ kind: "busy", title: `${words.going} ${plural(names.length, "service")}…` });
  try {
    const started = await call("POST /api/bulk", { body: { action, services: [...names] } });
    const show = (now: Operation): void => showOperation(toasts, id, now, words, () => open(now.id));
    show(await finished(socket, started, show));
  } catch (error) {
    const { detail } = explain(error);
    toasts.show({ kind: "failed", title: `Cannot ${action} ${plural(names.length, "service")}`, detail }, id);
  }
}

/** How often a running operation is asked about, in case its last message was lost with the socket. */
const ASK_EVERY_MS = 4000;

/** The operation once it has ended, by its messages or by asking; until then `onProgress` hears of each change. Never rejects. */
export async function finished(
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
    socket.on("operation_changed", ({ data: { id, state, counts, progress, paused } }) =>
      hear({ ...latest, id, state, counts, progress, paused }),
    ),
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

function showOperation(
  toasts: Toasts,
  id: string,
  operation: Operation,
  words: { going: string; done: string },
  open: () => void,
): void {
  const { counts, targets } = operation;
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const failed = counts.failed + counts.unknown;
  const ended = counts.done + counts.cancelled + failed;
  // The toast is a glance; the page behind it stays when this tab is closed.
  const action = { label: "Details", run: open };
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
