// A rolling restart as one toast that fills: how far it is, what it waits for, how long it may take. Its page behind it tells all.
import type { Operation } from "../../contract/operations.ts";
import { finished, type OperationParts } from "../api/operations.ts";
import { progressOf } from "../pages/operations/progress.ts";
import type { ToastContent } from "../ui/toast-manager.ts";

/** Resolves when it has ended; what became of it the toast tells. One that was closed meanwhile comes back only for that. */
export async function followRolling(started: Operation, { toasts, socket, open }: OperationParts): Promise<void> {
  let closed = false;
  const more = {
    action: { label: "Details", run: () => open(started.id) },
    onClose: () => {
      closed = true;
    },
  };
  const id = toasts.show({ ...contentOf(started), ...more });
  const ended = await finished(socket, started, (now) => {
    if (!closed) toasts.show({ ...contentOf(now), ...more }, id);
  });
  toasts.show({ ...contentOf(ended), ...more }, id);
}

function contentOf(operation: Operation): ToastContent {
  const { title, progress, paused, ended_at, targets } = operation;
  const { done, failed, unknown } = operation.counts;
  const { ended, total } = progressOf(operation);
  const first = title.charAt(0).toUpperCase() + title.slice(1);
  if (ended_at === null) {
    const waits = progress?.words ?? (paused ? "paused" : null);
    const detail = [`${ended} of ${total}`, waits].filter((word) => word !== null).join(" · ");
    return { kind: "busy", title: first, detail, progress: { done: ended, total } };
  }
  if (done === total) return { kind: "done", title: `${first}: done` };
  const told = targets.find(({ state }) => state === "failed" || state === "unknown");
  return {
    kind: "failed",
    title: `${first}: ${failed + unknown > 0 ? "halted" : "cancelled"} after ${done} of ${total}`,
    detail: told?.message ?? undefined,
  };
}
