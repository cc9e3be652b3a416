// Where an option comes from: flag, environment, ./tailherd.yaml and those above it, the user's, the machine's, the default.
import { existsSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { defaultDataDir } from "./paths.ts";

/** The name of the file, everywhere. */
export const CONFIG_FILE = "tailherd.yaml";

/** What can be configured, with the variable that sets it. Secrets are not among them: they stand in a file or the environment. */
export const CONFIG_KEYS = {
  hub: "TAILHERD_HUB",
  token_file: "TAILHERD_TOKEN_FILE",
  data_dir: "TAILHERD_DATA_DIR",
  listen: "TAILHERD_LISTEN",
  server_name: "TAILHERD_SERVER_NAME",
  output: "TAILHERD_OUTPUT",
  color: "TAILHERD_COLOR",
} as const;
export type ConfigKey = keyof typeof CONFIG_KEYS;

/** A value and who gave it: "--hub", "TAILHERD_HUB", a file's path, "default". */
export interface ConfigValue {
  value: string | string[];
  from: string;
}

/** A file that was looked at. */
export interface ConfigSource {
  path: string;
  /** found: read. absent. untrusted: there, but of another user, and left alone. */
  state: "found" | "absent" | "untrusted";
}

/** The outcome of the search. */
export interface Config {
  values: Partial<Record<ConfigKey, ConfigValue>>;
  sources: ConfigSource[];
}

/** What the `config` section of a file may say. */
export type ConfigSection = Partial<Record<ConfigKey, string | string[]>>;

/** What the search depends on. `readSection` reads the `config` section of a file's text, and throws when it is wrong. */
export interface ConfigInput {
  flags: ConfigSection;
  env: NodeJS.ProcessEnv;
  cwd: string;
  readSection(path: string, text: string): Promise<ConfigSection>;
  /** Where the machine's file lies; /etc/tailherd unless a test says otherwise. */
  machineDir?: string;
}

// Cheap test for whether parsing is worth its milliseconds: most files declare services only.
const HAS_SECTION = /^\s*\{|^["']?config["']?\s*:/m;

/** Finds every option's value; the first source that has it wins. */
export async function loadConfig(input: ConfigInput): Promise<Config> {
  const config: Config = { values: {}, sources: [] };
  const keys = Object.keys(CONFIG_KEYS) as ConfigKey[];
  const offer = (key: ConfigKey, value: string | string[] | undefined, from: string): void => {
    if (value !== undefined && value !== "") config.values[key] ??= { value, from };
  };
  for (const key of keys) offer(key, input.flags[key], `--${key.replaceAll("_", "-")}`);
  for (const key of keys) {
    const text = input.env[CONFIG_KEYS[key]];
    offer(key, key === "listen" ? text?.split(",").filter(Boolean) : text, CONFIG_KEYS[key]);
  }
  for (const path of candidates(input)) {
    const state = stateOf(path);
    config.sources.push({ path, state });
    if (state !== "found") continue;
    const text = readFileSync(path, "utf8");
    if (!HAS_SECTION.test(text)) continue;
    const section = await input.readSection(path, text);
    for (const key of keys) offer(key, section[key], path);
  }
  offer("data_dir", defaultDataDir(input.env), "default");
  return config;
}

/** One text of a value that is not a list. */
export function single(value: ConfigValue | undefined): string | undefined {
  return Array.isArray(value?.value) ? value.value[0] : value?.value;
}

/** The nearest tailherd.yaml in a directory or above it. */
export function findUpward(cwd: string): string | undefined {
  for (let directory = cwd; ; directory = dirname(directory)) {
    const path = join(directory, CONFIG_FILE);
    if (existsSync(path)) return path;
    if (dirname(directory) === directory) return undefined;
  }
}

function candidates({ cwd, env, machineDir = "/etc/tailherd" }: ConfigInput): string[] {
  const userDir = join(env.XDG_CONFIG_HOME || join(homedir(), ".config"), "tailherd");
  const all = [findUpward(cwd) ?? join(cwd, CONFIG_FILE), join(userDir, CONFIG_FILE), join(machineDir, CONFIG_FILE)];
  return [...new Set(all)];
}

/**
 * A file above the working directory may be anybody's (a shared /tmp, a cloned project of another user): one that names a hub
 * would be sent this user's token. So a file counts only when this user or root owns it and nobody else may write to it.
 */
function stateOf(path: string): ConfigSource["state"] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile()) return "absent";
  const mine = stat.uid === 0 || stat.uid === process.getuid?.();
  return mine && (stat.mode & 0o002) === 0 ? "found" : "untrusted";
}
