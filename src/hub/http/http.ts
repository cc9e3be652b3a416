// Everything that is answered over HTTP: the envelope's checks first, then the API, then the dashboard's files.
import type { HttpBindings } from "@hono/node-server";
import type { Door } from "../auth/door.ts";
import { TailherdError } from "../../contract/errors.ts";
import { checkEnvelope, createApp, type DispatcherOptions } from "./dispatcher.ts";
import { problemResponse } from "./problem-response.ts";
import { createStaticFiles } from "./static-files.ts";

/** What `createHttp` needs. */
export interface HttpOptions extends Omit<DispatcherOptions, "checkAnswers" | "before"> {
  checkAnswers?: boolean;
  webRoot?: string;
}

/** Answers requests; the bindings say which door they came in by. */
export interface Http {
  fetch(
    request: Request,
    bindings: HttpBindings & { door: Door; hosts: ReadonlySet<string> },
  ): Response | Promise<Response>;
}

/** Makes the HTTP side of the hub. */
export function createHttp(options: HttpOptions): Http {
  const files = createStaticFiles(options.webRoot);
  const app = createApp({ ...options, checkAnswers: options.checkAnswers ?? false, before: checkEnvelope });
  app.notFound(async (context) => {
    const found = await files(context);
    const words = `There is nothing at ${context.req.method} ${context.req.path}`;
    return found ?? problemResponse(new TailherdError("not_found", words));
  });
  return { fetch: (request, bindings) => app.fetch(request, bindings) };
}
