// Waits for an operation of the hub, with a line of progress on a terminal.
import { EXIT } from "../contract/error-table.ts";
import type { Operation } from "../contract/operations.ts";
import type { Client } from "./client.ts";
import type { Context } from "./context.ts";
import { CliFailure } from "./failure.ts";
import { ProgressLine } from "./output/progress.ts";

/** Seconds that the hub holds its answer back while the operation goes on: the line of progress changes so often. */
const WAIT = 0.25;

/** The ended operation. `timeout` in milliseconds; when it is over this fails with exit 7 and the operation goes on. */
export async function awaitOperation(
  context: Context,
  client: Client,
  id: string,
  doing: string,
  timeout = Number.POSITIVE_INFINITY,
): Promise<Operation> {
  const deadline = performance.now() + timeout;
  using progress = new ProgressLine(context);
  for (;;) {
    const operation = await client.call("GET /api/operations/{id}", { params: { id }, query: { wait: WAIT } });
    if (operation.state !== "running") return operation;
    const over = operation.targets.filter((target) => target.state === "done" || target.state === "failed").length;
    progress.show(`${doing}: ${over} of ${operation.targets.length}`);
    if (performance.now() > deadline) {
      throw new CliFailure(`Waited ${timeout} ms: ${over} of ${operation.targets.length} are done, the rest goes on`, {
        exitCode: EXIT.timedOut,
        code: "timed_out",
      });
    }
  }
}
