// The process in which the metrics' database lives: its entry file. Answers one message after the other, and never outlives the hub.
import { Engine } from "./engine.ts";
import { UnavailableError } from "./metrics-database.ts";
import type { ProcessReply, ProcessRequest } from "./process-messages.ts";

const [file] = process.argv.slice(2);
let engine: Engine | undefined;
let last = Promise.resolve();

process.on("message", (request: ProcessRequest) => {
  // One after the other, also where reading a log file waits for the disk.
  last = last.then(() => reply(request));
});
process.on("disconnect", () => process.exit());
// Signals that a terminal sends to all of a group are the hub's to answer; it says when to end.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});

async function reply(request: ProcessRequest): Promise<void> {
  const { id } = request;
  try {
    say({ id, result: await act(request) });
  } catch (error) {
    const code = error instanceof UnavailableError ? error.code : null;
    say({ id, error: { code, message: error instanceof Error ? error.message : String(error) } });
  }
}

function say(message: ProcessReply): void {
  process.send?.(message);
}

async function act(request: ProcessRequest): Promise<unknown> {
  if (request.method === "end") {
    engine?.close();
    engine = undefined;
    // Once the answer is out, nothing holds the process.
    setImmediate(() => process.disconnect());
    return undefined;
  }
  engine ??= new Engine({ file: file ?? "", now: () => Date.now() });
  switch (request.method) {
    case "takeIn":
      return await engine.takeIn(request.path);
    case "sealDue":
      return engine.sealDue(request.now, request.budget);
    case "query":
      return await engine.query(request.question, request.files);
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
