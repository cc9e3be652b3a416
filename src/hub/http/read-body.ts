// Reads a JSON body within its limits. Nothing of it is looked at before type, size and nesting are known to be harmless.
import type { IncomingMessage } from "node:http";
import { TailherdError } from "../../contract/errors.ts";
import { KIB, MIB } from "../../base/units.ts";
import type { RouteKey } from "../../contract/routes.ts";

/** Bytes of a body, unless its route says otherwise. */
export const BODY_LIMIT = 256 * KIB;
const OTHER_LIMITS: Partial<Record<RouteKey, number>> = {
  // Whole files of thousands of definitions come through these; they need an admin.
  "POST /api/apply": 4 * MIB,
  "POST /api/import": 4 * MIB,
  // These come from every machine, many a second.
  "POST /api/servers/{id}/heartbeat": 64 * KIB,
};
/** Objects and lists within each other. */
export const MAX_NESTING = 20;

/** Bytes that a body of this route may have. */
export function bodyLimit(key: RouteKey): number {
  return OTHER_LIMITS[key] ?? BODY_LIMIT;
}

/** The parsed body. Rejects with `wrong_type`, `too_large`, `bad_json` or `invalid` (nesting). */
export async function readJsonBody(request: IncomingMessage, limit: number): Promise<unknown> {
  refuseEncoding(request);
  const type = request.headers["content-type"];
  if (type === undefined || !/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type)) {
    throw new TailherdError(
      "wrong_type",
      `Cannot read the body: its Content-Type is ${type ?? "missing"}, not application/json`,
    );
  }
  const text = await readText(request, limit);
  refuseNesting(text);
  try {
    return JSON.parse(text);
  } catch (error) {
    const said = error instanceof Error ? error.message : "it does not parse";
    throw new TailherdError("bad_json", `Cannot read the body: ${said}`);
  }
}

/** Throws `wrong_type` for compressed bodies: a small one can unpack to anything. */
export function refuseEncoding(request: IncomingMessage): void {
  const encoding = request.headers["content-encoding"];
  if (encoding === undefined || encoding.toLowerCase() === "identity") return;
  throw new TailherdError(
    "wrong_type",
    `Cannot read the body: Content-Encoding ${encoding} is not accepted, send it plain`,
  );
}

async function readText(request: IncomingMessage, limit: number): Promise<string> {
  if (Number(request.headers["content-length"] ?? 0) > limit) throw tooLarge(limit);
  const chunks: Buffer[] = [];
  let size = 0;
  // Events rather than iteration: leaving a `for await` early would destroy the socket before the refusal is on it.
  await new Promise<void>((resolve, reject) => {
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) reject(tooLarge(limit));
      else chunks.push(chunk);
    });
    request.once("end", resolve);
    request.once("error", reject);
    request.once("close", () => reject(new TailherdError("bad_json", "Cannot read the body: it broke off")));
  });
  return Buffer.concat(chunks).toString("utf8");
}

function tooLarge(limit: number): TailherdError {
  return new TailherdError("too_large", `Cannot read the body: it has more than ${limit / KIB} KiB`);
}

/** Counts brackets outside of strings, so that the parser never meets what is nested too deeply. */
function refuseNesting(text: string): void {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 0x5c) at += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > MAX_NESTING) {
        throw new TailherdError("invalid", `Cannot read the body: it is nested more than ${MAX_NESTING} deep`, {
          issues: [{ path: "", message: `may be nested ${MAX_NESTING} deep` }],
        });
      }
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
}
