// Builds the dashboard; `root` is src/web (see scripts/build.ts).
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  build: { target: "es2023", cssMinify: true, modulePreload: { polyfill: false } },
});
