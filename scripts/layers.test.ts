// The layers of docs/architecture.md are kept by lint; this shows that lint really refuses what crosses them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";

const root = dirname(import.meta.dirname);

/** Each layer with an import it must not have. */
const FORBIDDEN: [file: string, imports: string][] = [
  ["src/base/a.ts", "node:fs"],
  ["src/base/b.ts", "../contract/names.ts"],
  ["src/contract/a.ts", "node:path"],
  ["src/contract/b.ts", "../runtime/logger.ts"],
  ["src/runtime/a.ts", "../hub/hub.ts"],
  ["src/agent/supervisor/a.ts", "../../hub/store/store.ts"],
  ["src/agent/b.ts", "../cli/main.ts"],
  ["src/hub/http/a.ts", "../../agent/agent.ts"],
  ["src/hub/b.ts", "../cli/main.ts"],
  ["src/cli/commands/a.ts", "../../hub/store/store.ts"],
  ["src/cli/commands/b.ts", "../../agent/supervisor/instance.ts"],
  ["src/web/pages/a.tsx", "node:fs"],
  ["src/web/pages/b.tsx", "../../hub/hub.ts"],
  ["src/web/pages/c.tsx", "../../contract/routes.ts"],
];

/** Imports that point down, which lint must let pass. */
const ALLOWED: [file: string, imports: string][] = [
  ["src/contract/c.ts", "../base/units.ts"],
  ["src/hub/http/c.ts", "../../contract/routes.ts"],
  ["src/agent/c.ts", "node:fs"],
  ["src/cli/commands/c.ts", "../../hub/hub.ts"],
  ["src/web/pages/d.tsx", "../../base/units.ts"],
];

describe("the layers", () => {
  let directory = "";
  let refused = new Set<string>();

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "tailherd-layers-"));
    cpSync(join(root, ".oxlintrc.json"), join(directory, ".oxlintrc.json"));
    for (const [file, imports] of [...FORBIDDEN, ...ALLOWED]) {
      mkdirSync(dirname(join(directory, file)), { recursive: true });
      writeFileSync(join(directory, file), `import * as it from "${imports}";\nexport const use = it;\n`);
    }
    const result = spawnSync(join(root, "node_modules/.bin/oxlint"), ["--format", "json", "."], {
      cwd: directory,
      encoding: "utf8",
    });
    const report = JSON.parse(result.stdout) as { diagnostics: { code: string; filename: string }[] };
    refused = new Set(
      report.diagnostics.filter(({ code }) => code.includes("no-restricted-imports")).map(({ filename }) => filename),
    );
  });

  after(() => rmSync(directory, { recursive: true, force: true }));

  for (const [file, imports] of FORBIDDEN) {
    it(`refuse ${imports} in ${dirname(file)}`, () =>
      assert.ok(refused.has(file), `lint let ${file} import ${imports}`));
  }
  for (const [file, imports] of ALLOWED) {
    it(`let ${dirname(file)} import ${imports}`, () => assert.ok(!refused.has(file)));
  }
});
