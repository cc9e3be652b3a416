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

async function buildProgram(): Promise<void> {
  await build({
    root,
    configFile: false,
    logLevel: "warn",
    define: { "process.env.TAILHERD_BUILT": JSON.stringify("1") },
    plugins: [plainBuiltins(["http"])],
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stamp = join(dist, ".stamp");
  const digest = digestOfSources();
  const fresh = existsSync(stamp) && readFileSync(stamp, "utf8") === digest;
  if (!fresh || !process.argv.includes("--if-stale")) {
    process.stderr.write("Building…\n");
    rmSync(dist, { recursive: true, force: true });
    await buildWeb();
    await buildProgram();
    // So that the folder runs wherever it is copied, without Node guessing what kind of modules these are.
    writeFileSync(join(dist, "package.json"), '{ "type": "module" }\n');
    chmodSync(join(dist, "tailherd.js"), 0o755);
    writeFileSync(stamp, digest);
  }
}
