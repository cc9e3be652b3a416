// Builds the dashboard; `root` is src/web (see scripts/build.ts).
import react from "@vitejs/plugin-react";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type Plugin } from "vite";

/**
 * Which stylesheet loads first depends on how chunks are cut, and the first one that names a layer orders it: so each begins with
 * the order of tokens.css.
 */
function layersInOrder(): Plugin {
  const tokens = readFileSync(join(import.meta.dirname, "src/web/styles/tokens.css"), "utf8");
  const order = /^@layer [^{;]+;/m.exec(tokens)?.[0];
  if (order === undefined) throw new Error("Cannot build the dashboard: tokens.css says no order of layers");
  return {
    name: "layers-in-order",
    enforce: "post",
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type === "asset" && file.fileName.endsWith(".css")) file.source = `${order}${String(file.source)}`;
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), layersInOrder()],
  build: { target: "es2023", cssMinify: true, modulePreload: { polyfill: false } },
});
