// The thread in which the metrics' database lives: its entry file. Answers one message after the other.
import { parentPort, workerData } from "node:worker_threads";
import { TailherdError } from "../../contract/errors.ts";
import { Engine } from "./engine.ts";
import type { WorkerReply, WorkerRequest } from "./worker-messages.ts";

const port = parentPort;
if (port === null) throw new Error("Cannot run metrics-worker by itself: it is a thread of the hub");

const { file } = workerData as { file: string };
let engine: Engine | undefined;
let last = Promise.resolve();

port.on("message", (request: WorkerRequest) => {
  // One after the other, also where reading a log file waits for the disk.
  last = last.then(() => reply(request));
});

async function reply(request: WorkerRequest): Promise<void> {
  const { id } = request;
  try {
    const { result, transfer } = await act(request);
    port?.postMessage({ id, result } satisfies WorkerReply, transfer);
  } catch (error) {
    const code = error instanceof TailherdError ? error.code : null;
    const message = error instanceof Error ? error.message : String(error);
    port?.postMessage({ id, error: { code, message } } satisfies WorkerReply);
  }
  if (request.method === "end") port?.close();
}

async function act(request: WorkerRequest): Promise<{ result: unknown; transfer: ArrayBuffer[] }> {
  if (request.method === "end") {
    engine?.close();
    return { result: undefined, transfer: [] };
  }
  engine ??= new Engine({ file, now: () => Date.now() });
  if (request.method !== "query") return { result: await plainly(engine, request), transfer: [] };
  const result = engine.query(request.question);
  // One array may be all three.
  const arrays = new Set(result.flatMap(({ values, min, max }) => [values.buffer, min.buffer, max.buffer]));
  return { result, transfer: [...arrays] as ArrayBuffer[] };
}

async function plainly(engine: Engine, request: Exclude<WorkerRequest, { method: "query" | "end" }>): Promise<unknown> {
  switch (request.method) {
    case "takeIn":
      return await engine.takeIn(request.path);
    case "sealDue":
      return engine.sealDue(request.now, request.budget);
    case "topAt":
      return engine.topAt(request.server, request.at, request.streams);
    case "drop":
      return engine.drop(request.policy, request.now);
    case "forget":
      return engine.forget(request.server);
    default:
      return engine.stats();
  }
}
