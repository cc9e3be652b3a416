// Makes what users get: dist/tailherd.js (hub, agent and CLI, bundled) and dist/web. `--if-stale` builds only what changed.
import { createHash } from "node:crypto";
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "vite";

const root = dirname(import.meta.dirname);
const dist = join(root, "dist");
const SOURCES = ["src", "package.json", "package-lock.json", "scripts/build.ts", "vite.config.ts"];

const COMMON_TO_COMMANDS =
  /src\/cli\/(?:program|catalog|context|client|wire|failure|target|output\/(?:style|text|table|values|failure))\.ts$|src\/base\/units\.ts$|src\/contract\/error-table\.ts$|src\/runtime\/(?:config|paths|version)\.ts$|\/commander\//;

/** One digest of every source's path, size and time of change. */
function digestOfSources(): string {
  const hash = createHash("sha256");
  const visit = (path: string): void => {
    const stat = statSync(path);
    if (stat.isDirectory()) for (const name of readdirSync(path).sort()) visit(join(path, name));
    else if (!path.endsWith(".test.ts")) hash.update(`${path} ${stat.size} ${stat.mtimeMs}\n`);
  };
  for (const source of SOURCES) if (existsSync(join(root, source))) visit(join(root, source));
  return hash.digest("hex");
}

async function buildWeb(): Promise<void> {
  await build({
    root: join(root, "src/web"),
    configFile: join(root, "vite.config.ts"),
    logLevel: "warn",
    build: { outDir: join(dist, "web"), emptyOutDir: true },
  });
}

/**
 * Importing node:http reads each of its exports, among them lazy ones that load undici: 20 ms of every start of a hub. Taken by
 * `getBuiltinModule`, with the plain exports only, it costs a few.
 */
function plainBuiltins(ids: readonly string[]): Plugin {
  const prefix = "\0plain:";
  return {
    name: "plain-builtins",
    enforce: "pre",
    resolveId: (id) => (ids.includes(id.replace(/^node:/, "")) ? prefix + id.replace(/^node:/, "") : null),
    load(id) {
      if (!id.startsWith(prefix)) return null;
      const name = id.slice(prefix.length);
      const found = Object.getOwnPropertyDescriptors(process.getBuiltinModule(`node:${name}`));
      const names = Object.entries(found).flatMap(([key, { value }]) => (value === undefined ? [] : [key]));
      const module = `process.getBuiltinModule("node:${name}")`;
      return `const plain = ${module};\nexport default plain;\nexport const { ${names.join(", ")} } = plain;\n`;
    },
  };
}

/**
 * ws loads TLS for clients of ours that do not exist: its server takes connections that are open already. More than a megabyte of
 * memory for as long as a hub runs, so they are loaded when somebody asks for a member of theirs.
 */
function lateBuiltinsOf(dependency: string, ids: readonly string[]): Plugin {
  const prefix = "\0late:";
  return {
    name: "late-builtins",
    enforce: "pre",
    resolveId: (id, importer) =>
      ids.includes(id) && importer?.includes(`/node_modules/${dependency}/`) === true ? `${prefix}${id}.cjs` : null,
    load(id) {
      if (!id.startsWith(prefix)) return null;
      const name = id.slice(prefix.length, -".cjs".length);
      return `module.exports = new Proxy({}, { get: (_, key) => process.getBuiltinModule("node:${name}")[key] });\n`;
    },
  };
}

/** One character that is not Latin-1 doubles what V8 keeps of a whole file, for as long as the process lives. */
function plainAscii(): Plugin {
  const escape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return {
    name: "plain-ascii",
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== "chunk") continue;
        // In a raw template an escape would be other text.
        if (/\.raw`[^`]*[^\0-\x7f`]/.test(chunk.code)) throw new Error(`Cannot write ${chunk.fileName} in ASCII`);
        chunk.code = chunk.code.replaceAll(/[^\0-\x7f]/g, escape);
      }
    },
  };
}

async function buildProgram(): Promise<void> {
  await build({
    root,
    configFile: false,
    logLevel: "warn",
    define: { "process.env.TAILHERD_BUILT": JSON.stringify("1") },
    plugins: [plainBuiltins(["http"]), lateBuiltinsOf("ws", ["https", "tls"]), plainAscii()],
    ssr: { noExternal: true, target: "node" },
    build: {
      ssr: "src/cli/main.ts",
      outDir: dist,
      emptyOutDir: false,
      target: "node24",
      minify: true,
      copyPublicDir: false,
      rolldownOptions: {
        output: {
          format: "esm",
          entryFileNames: "tailherd.js",
          chunkFileNames: "chunks/[name]-[hash].js",
          // What every command needs is one file: each further one costs a millisecond of every start.
          codeSplitting: { groups: [{ name: "cli", test: COMMON_TO_COMMANDS }] },
          banner: (chunk) => (chunk.isEntry ? "#!/usr/bin/env node" : ""),
        },
      },
    },
  });
}

/**
 * The metrics' process, bundled by itself: of what it shares with the program it would otherwise load whole chunks. It stands beside
 * the chunks, so that `./metrics-process` is its place there as in the sources.
 */
async function buildMetricsProcess(): Promise<void> {
  await build({
    root,
    configFile: false,
    logLevel: "warn",
    define: { "process.env.TAILHERD_BUILT": JSON.stringify("1") },
    ssr: { noExternal: true, target: "node" },
    build: {
      ssr: "src/hub/metrics/metrics-process.ts",
      outDir: join(dist, "chunks"),
      emptyOutDir: false,
      target: "node24",
      minify: true,
      copyPublicDir: false,
      rolldownOptions: { output: { format: "esm", entryFileNames: "metrics-process.js", codeSplitting: false } },
    },
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stamp = join(dist, ".stamp");
  const digest = digestOfSources();
  const fresh = existsSync(stamp) && readFileSync(stamp, "utf8") === digest;
  if (!fresh || !process.argv.includes("--if-stale")) {
    process.stderr.write("Building…\n");
    rmSync(dist, { recursive: true, force: true });
    await buildWeb();
    await buildProgram();
    await buildMetricsProcess();
    // So that the folder runs wherever it is copied, without Node guessing what kind of modules these are.
    writeFileSync(join(dist, "package.json"), '{ "type": "module" }\n');
    chmodSync(join(dist, "tailherd.js"), 0o755);
    writeFileSync(stamp, digest);
  }
}
