// The `config` section of a tailherd.yaml, read only when a file has one.
import { configSectionSchema } from "../../contract/tailherd-file.ts";
import type { ConfigSection } from "../../runtime/config.ts";
import { dirname, resolve } from "node:path";
import { check } from "./check.ts";
import { fileFailure } from "./load.ts";
import { YamlSource } from "./yaml-source.ts";

/** Checks and returns the section; paths in it are relative to the file. Throws a usage failure that lists all that is wrong. */
export function readConfigSection(path: string, text: string): ConfigSection {
  const source = new YamlSource(text, process.env);
  const value = source.value();
  const section = typeof value === "object" && value !== null ? Reflect.get(value, "config") : undefined;
  const checked = section === undefined ? {} : check(configSectionSchema, section, source);
  if (checked === undefined || source.problems.length > 0) throw fileFailure(path, source.problems);
  const out: ConfigSection = {};
  for (const [key, each] of Object.entries(checked)) {
    if (each !== undefined) out[key as keyof ConfigSection] = each;
  }
  for (const key of ["token_file", "data_dir"] as const) {
    const given = out[key];
    if (typeof given === "string") out[key] = resolve(dirname(path), given);
  }
  return out;
}
