// The dashboard's files: index.html for its pages, hashed assets that never change, gzipped once when first asked for. Only files that
// a listing of the directory found are served, so no path can lead out of it.
import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { DOCS_CSS } from "./docs-style.ts";
import { SECURITY_HEADERS } from "./headers.ts";
import { html } from "./html.ts";
import type { Reply } from "./reply.ts";

const compress = promisify(gzip);

const TYPES: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};
const COMPRESSIBLE = new Set([".css", ".html", ".js", ".json", ".map", ".svg", ".txt", ".webmanifest"]);

/** Answers what is no route of the API. */
export type StaticFiles = (request: FileRequest) => Promise<Reply | undefined>;

/** What is asked for; the path as it was sent, without the query. */
export interface FileRequest {
  method: string;
  path: string;
  acceptEncoding: string;
}

/** Serves the dashboard's directory, or says that there is none. Nothing is read before the first request. */
export function createStaticFiles(webRoot: string | undefined): StaticFiles {
  let listed: Promise<ReadonlySet<string>> | undefined;
  const compressed = new Map<string, Promise<Uint8Array>>();

  const load = async (root: string, file: string, zipped: boolean): Promise<Uint8Array> => {
    if (!zipped) return await readFile(join(root, file));
    let made = compressed.get(file);
    if (made === undefined) {
      made = readFile(join(root, file)).then((content) => compress(content, { level: 9 }));
      compressed.set(file, made);
      made.catch(() => compressed.delete(file));
    }
    return await made;
  };

  return async ({ method, path, acceptEncoding }) => {
    if (method !== "GET" && method !== "HEAD") return undefined;
    if (path === "/docs.css") return respond(DOCS_CSS, ".css", false);
    listed ??= webRoot === undefined ? Promise.resolve(new Set<string>()) : listFiles(webRoot);
    const files = await listed;
    const wanted = path.slice(1);
    const isPage = extname(path) === "";
    const file = files.has(wanted) ? wanted : isPage && files.has("index.html") ? "index.html" : undefined;
    if (file === undefined || webRoot === undefined) return isPage ? respond(NO_DASHBOARD, ".html", false) : undefined;
    const type = extname(file);
    const zipped = COMPRESSIBLE.has(type) && /\bgzip\b/.test(acceptEncoding);
    const reply = respond(await load(webRoot, file, zipped), type, isHashed(file));
    if (zipped) reply.headers["content-encoding"] = "gzip";
    if (COMPRESSIBLE.has(type)) reply.headers.vary = "accept-encoding";
    return reply;
  };
}

function respond(body: string | Uint8Array, type: string, immutable: boolean): Reply {
  return {
    status: 200,
    headers: {
      ...SECURITY_HEADERS,
      "content-type": TYPES[type] ?? "application/octet-stream",
      "cache-control": immutable ? "public, max-age=31536000, immutable" : "no-cache",
    },
    body,
  };
}

/** Vite puts what has a hash in its name into assets/. */
function isHashed(file: string): boolean {
  return file.startsWith("assets/");
}

async function listFiles(root: string): Promise<ReadonlySet<string>> {
  try {
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return new Set(files.map(({ parentPath, name }) => relative(root, join(parentPath, name)).split(sep).join("/")));
  } catch {
    return new Set();
  }
}

const NO_DASHBOARD = html`<!doctype html>
  <html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>tailherd</title>
      <link rel="stylesheet" href="/docs.css" />
    </head>
    <body>
      <main>
        <h1>tailherd runs</h1>
        <p>The dashboard is not built here. Build it with <code>npm run build</code> and start the hub again.</p>
        <p>
          Meanwhile there are the command line (<code>tailherd ps</code>) and the API (<a href="/docs"
            >its description</a
          >).
        </p>
      </main>
    </body>
  </html> `.markup;
