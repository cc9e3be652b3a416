// A rolling restart as one toast that fills: how far it is, what it waits for, how long it may take. Its page behind it tells all.
import type { Operation } from "../../contract/operations.ts";
import { finished, type OperationParts } from "../api/operations.ts";
import type { ToastContent } from "../ui/toast-manager.ts";
import { countsOf } from "./progress-words.ts";

/** Resolves when it has ended; what became of it the toast tells. */
export async function followRolling(started: Operation, { toasts, socket, open }: OperationParts): Promise<void> {
  const action = { label: "Details", run: () => open(started.id) };
  const id = toasts.show({ ...contentOf(started), action });
  const show = (now: Operation): string => toasts.show({ ...contentOf(now), action }, id);
  show(await finished(socket, started, show));
}

function contentOf(operation: Operation): ToastContent {
  const { title, progress, paused, ended_at, targets } = operation;
  const { done, over, total, failed } = countsOf(operation);
  const first = title.charAt(0).toUpperCase() + title.slice(1);
  if (ended_at === null) {
    const waits = progress?.words ?? (paused ? "paused" : null);
    const detail = [`${over} of ${total}`, waits].filter((word) => word !== null).join(" · ");
    return { kind: "busy", title: first, detail, progress: { done: over, total } };
  }
  if (done === total) return { kind: "done", title: `${first}: done` };
  const told = targets.find(({ state }) => state === "failed" || state === "unknown");
  return {
    kind: "failed",
    title: `${first}: ${failed > 0 ? "halted" : "cancelled"} after ${done} of ${total}`,
    detail: told?.message ?? undefined,
  };
}
