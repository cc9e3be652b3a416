// `tailherd config where|get|validate`: which options are in force, and who set them.
import type { Command } from "commander";
import { CONFIG_KEYS, type ConfigKey } from "../../runtime/config.ts";
import type { Context } from "../context.ts";
import { usageFailure } from "../failure.ts";
import { renderTable, type Column } from "../output/table.ts";

interface Row {
  key: string;
  value: string;
  from: string;
}

const COLUMNS: Column<Row>[] = [
  { title: "OPTION", value: (row) => row.key },
  { title: "VALUE", value: (row) => row.value },
  { title: "FROM", value: (row) => row.from },
];

export function define(command: Command, context: Context): void {
  command.helpCommand(false);
  command
    .command("where")
    .description("Every option that is set, and by what; then the files that were looked at.")
    .action(async () => {
      const { values, sources } = context.config;
      const rows = Object.entries(values).map(([key, { value, from }]) => ({
        key,
        value: [value].flat().join(","),
        from,
      }));
      await context.emit({ values, files: sources }, () => {
        const files = sources.map(
          ({ path, state }) =>
            `  ${path}: ${state === "untrusted" ? "left alone: of another user, or writable by all" : state}`,
        );
        return `${renderTable(COLUMNS, rows, context.style)}\nFiles, first wins:\n${files.join("\n")}`;
      });
    });
  command
    .command("get")
    .argument("<option>", Object.keys(CONFIG_KEYS).join(", "))
    .description("The value in force; empty when it is not set.")
    .action(async (key: string) => {
      if (!Object.hasOwn(CONFIG_KEYS, key)) {
        throw usageFailure(`There is no option "${key}": give one of ${Object.keys(CONFIG_KEYS).join(", ")}`);
      }
      const found = context.config.values[key as ConfigKey];
      await context.emit(found ?? null, () => [found?.value ?? ""].flat().join(","));
    });
  command
    .command("validate")
    .description("Read every file's config section; exit 2 when one is wrong.")
    .action(async () => {
      // Every command reads them before it begins, so whoever comes here has found nothing wrong.
      const read = context.config.sources.filter((source) => source.state === "found").map((source) => source.path);
      await context.emit(
        { valid: true, files: read },
        () => `${read.length === 0 ? "No files" : read.join(", ")}: nothing wrong`,
      );
    });
}
