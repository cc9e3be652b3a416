// Everything that is answered over HTTP: the envelope's checks first, then the API, then the dashboard's files.
import type { IncomingMessage, ServerResponse } from "node:http";
import { TailherdError } from "../../contract/errors.ts";
import type { Door } from "../auth/door.ts";
import { checkEnvelope, createApi, envelopeOf, type DispatcherOptions, type Request } from "./dispatcher.ts";
import { problemReply, toTailherdError } from "./problem-response.ts";
import { writeReply, type Reply } from "./reply.ts";
import type { RequestCounts } from "./request-counts.ts";
import { createStaticFiles } from "./static-files.ts";

/** What `createHttp` needs. */
export interface HttpOptions extends Omit<DispatcherOptions, "checkAnswers"> {
  checkAnswers?: boolean;
  webRoot?: string;
  requests: RequestCounts;
}

/** Answers a request that came in by this door; never rejects. */
export type Http = (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  door: Door,
  hosts: ReadonlySet<string>,
) => Promise<void>;

/** Makes the HTTP side of the hub. */
export function createHttp(options: HttpOptions): Http {
  const files = createStaticFiles(options.webRoot);
  const api = createApi({ ...options, checkAnswers: options.checkAnswers ?? false });

  const answer = async (request: Request): Promise<Reply | undefined> => {
    checkEnvelope(request);
    const { method, path, incoming } = request;
    const routed = isPage(request) ? undefined : api(request);
    if (routed !== undefined) return await routed;
    const acceptEncoding = incoming.headers["accept-encoding"] ?? "";
    const file = await files({ method, path, acceptEncoding });
    return file ?? problemReply(new TailherdError("not_found", `There is nothing at ${method} ${path}`));
  };

  return async (incoming, outgoing, door, hosts) => {
    const { method = "GET" } = incoming;
    const envelope = envelopeOf(incoming, door, hosts);
    try {
      const reply = await answer({ ...envelope, method, outgoing });
      if (reply !== undefined) writeReply(outgoing, reply);
    } catch (error) {
      writeReply(outgoing, problemReply(toTailherdError(error, options.logger, `${method} ${envelope.path}`)));
    }
    options.requests.add(outgoing.statusCode);
  };
}

/** Prometheus's path is the name of a page too: what opens it as a page gets the dashboard. */
function isPage({ path, incoming }: Request): boolean {
  return path === "/metrics" && (incoming.headers.accept ?? "").includes("text/html");
}
