// The same as wire.ts for hubs at a URL: node:http and node:https, which know names, IPv6 and certificates.
import { request as httpRequest, type ClientRequest, type IncomingMessage } from "node:http";
import type { WireRequest, WireResponse } from "./wire.ts";

/** Rejects with the socket's error (`code`), with code ETIMEDOUT, or with what the signal was aborted for. */
export async function requestOverNetwork(
  base: URL,
  token: string | undefined,
  wire: WireRequest,
): Promise<WireResponse> {
  const request = await start(base, token, wire);
  return await new Promise<WireResponse>((resolve, reject) => {
    if (wire.timeout !== undefined) {
      const late = Object.assign(new Error("no answer came in time"), { code: "ETIMEDOUT" });
      request.setTimeout(wire.timeout, () => request.destroy(late));
    }
    request.once("response", (response) => {
      request.setTimeout(0);
      resolve(asWire(response));
    });
    request.once("error", reject);
    request.end(wire.body);
  });
}

async function start(base: URL, token: string | undefined, wire: WireRequest): Promise<ClientRequest> {
  const options = {
    method: wire.method,
    path: base.pathname.replace(/\/$/, "") + wire.path,
    agent: false as const,
    headers: {
      ...wire.headers,
      ...(wire.body !== undefined && { "content-length": String(wire.body.length) }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(wire.signal !== undefined && { signal: wire.signal }),
  };
  if (base.protocol !== "https:") return httpRequest(base, options);
  const { request: httpsRequest } = await import("node:https");
  return httpsRequest(base, options);
}

function asWire(response: IncomingMessage): WireResponse {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(response.headers)) headers[name] = [value ?? ""].flat().join(", ");
  return { status: response.statusCode ?? 0, headers, body: response, destroy: () => void response.destroy() };
}
