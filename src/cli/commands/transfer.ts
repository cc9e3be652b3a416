// `tailherd import DIR` and `export DIR`: the predecessor's services_config.json, servers.json and settings.json.
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { EXIT } from "../../contract/error-table.ts";
import type { RouteBodyInput } from "../../contract/routes.ts";
import type { ImportResult } from "../../contract/transfer.ts";
import type { Context } from "../context.ts";
import { CliFailure, usageFailure } from "../failure.ts";
import { confirm } from "../output/ask.ts";

const FILES = { services: "services_config.json", servers: "servers.json", settings: "settings.json" } as const;
type Part = keyof typeof FILES;
const PARTS = Object.keys(FILES) as Part[];

export function defineImport(command: Command, context: Context): void {
  command
    .argument("<dir>", `directory with ${Object.values(FILES).join(", ")}; any of them may be missing`)
    .option("--dry-run", "only show what would happen")
    .option("--replace", "replace services of the same name, which are left alone otherwise")
    .option("-y, --yes", "do not ask")
    .action(async (dir: string, options: { dryRun?: boolean; replace?: boolean; yes?: boolean }) => {
      const files = await readFiles(resolve(context.io.cwd, dir));
      const client = context.client();
      const body = { ...files, replace: options.replace === true } as RouteBodyInput<"POST /api/import">;
      const plan = await client.call("POST /api/import", { body: { ...body, dry_run: true } });
      if (plan.issues.length > 0) {
        throw new CliFailure("Nothing was imported: the files have mistakes", {
          exitCode: EXIT.usage,
          code: "invalid",
          issues: plan.issues,
        });
      }
      if (options.dryRun === true) return await context.emit(plan, () => describe(plan, "Would"));
      if (context.format === "table" || context.format === "wide") context.print(describe(plan, "Will"));
      if (options.yes !== true) await confirm(context, "Import this?");
      const done = await client.call("POST /api/import", { body: { ...body, dry_run: false } });
      await context.emit(done, () => `Imported from ${dir}.`);
    });
}

export function defineExport(command: Command, context: Context): void {
  command
    .argument("<dir>", "directory to write the predecessor's three files to")
    .option("--force", "overwrite files that are there")
    .addHelpText("after", "\nimport reads them back: a round trip loses nothing of the predecessor's fields.")
    .action(async (dir: string, options: { force?: boolean }) => {
      const directory = resolve(context.io.cwd, dir);
      const there = PARTS.map((part) => join(directory, FILES[part])).filter((file) => existsSync(file));
      if (there.length > 0 && options.force !== true) {
        throw usageFailure(
          `Cannot export: ${there.join(", ")} ${there.length === 1 ? "is" : "are"} there already`,
          "--force overwrites.",
        );
      }
      const content = await context.client().call("GET /api/export");
      await mkdir(directory, { recursive: true });
      const flag = options.force === true ? "w" : "wx";
      // Environments and command lines may hold secrets.
      for (const part of PARTS) {
        await writeFile(join(directory, FILES[part]), `${JSON.stringify(content[part], null, 2)}\n`, {
          flag,
          mode: 0o600,
        });
      }
      const files = PARTS.map((part) => join(directory, FILES[part]));
      await context.emit({ files, services: content.services.length, servers: content.servers.length }, () => {
        return `Wrote ${content.services.length} services, ${content.servers.length} servers and the settings to ${directory}.`;
      });
    });
}

async function readFiles(directory: string): Promise<Partial<Record<Part, unknown>>> {
  const found: Partial<Record<Part, unknown>> = {};
  for (const part of PARTS) {
    const path = join(directory, FILES[part]);
    let text: string;
    try {
      text = await readFile(path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") continue;
      throw usageFailure(`Cannot read ${path}: ${(error as Error).message}`);
    }
    try {
      found[part] = JSON.parse(text);
    } catch (error) {
      throw usageFailure(`Cannot read ${path}: it is not JSON: ${(error as Error).message}`, "Nothing was imported.");
    }
  }
  if (Object.keys(found).length > 0) return found;
  throw usageFailure(`Cannot import ${directory}: it holds none of ${Object.values(FILES).join(", ")}`);
}

function describe(plan: ImportResult, mood: "Would" | "Will"): string {
  const names = (list: string[]): string => (list.length === 0 ? "" : `: ${list.join(", ")}`);
  const lines = [
    `${mood} add ${plan.added.length} service${plan.added.length === 1 ? "" : "s"}${names(plan.added)}`,
    ...(plan.replaced.length > 0 ? [`${mood} replace ${plan.replaced.length}${names(plan.replaced)}`] : []),
    ...plan.skipped.map(({ name, reason }) => `${mood} skip ${name}: ${reason}`),
    `${mood} keep ${plan.servers} server${plan.servers === 1 ? "" : "s"}`,
    `${mood} ${plan.settings ? "take over the settings" : "leave the settings alone"}`,
  ];
  return lines.join("\n");
}
