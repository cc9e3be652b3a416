// An answer before it is written, and the writing of it.
import type { ServerResponse } from "node:http";

/** Status, headers and body of an answer. */
export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array;
}

/** Writes an answer and ends it; a HEAD request gets its headers only. */
export function writeReply(outgoing: ServerResponse, { status, headers, body }: Reply): void {
  // The caller went away, or a handler that failed had begun to answer by itself: there is nobody left to tell.
  if (outgoing.headersSent || outgoing.destroyed) {
    outgoing.destroy();
    return;
  }
  outgoing.writeHead(status, { ...headers, "content-length": String(Buffer.byteLength(body)) });
  outgoing.end(outgoing.req.method === "HEAD" ? undefined : body);
}
