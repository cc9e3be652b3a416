// The environment of a service: what a login on this machine gives, then the definition's. Nothing of the agent's own.
import { readFileSync } from "node:fs";
import type { ServiceSpec } from "../../contract/service.ts";
import type { Account } from "./accounts.ts";
import { parseEnvFile } from "./env-file.ts";
import { systemWords } from "./system-words.ts";

const ROOT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const USER_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

/** Where Linux machines say what every login's environment holds. */
export const LOGIN_FILES = ["/etc/environment", "/etc/default/locale", "/etc/locale.conf"];
const LOGIN_NAMES = /^(?:PATH|LANG|LANGUAGE|LC_[A-Z]+|TZ)$/;

/** PATH, HOME, USER, LOGNAME, SHELL, LANG (and TZ, LC_* where the machine sets them) as after a login. */
export function loginEnvironment(account: Account, files = LOGIN_FILES): Record<string, string> {
  const env: Record<string, string> = {
    PATH: account.uid === 0 ? ROOT_PATH : USER_PATH,
    LANG: "C.UTF-8",
  };
  for (const file of files) {
    const read = parseEnvFile(readIfThere(file));
    if (!read.ok) continue;
    for (const [name, value] of Object.entries(read.env)) if (LOGIN_NAMES.test(name)) env[name] = value;
  }
  return { ...env, HOME: account.home, USER: account.name, LOGNAME: account.name, SHELL: account.shell };
}

export type EnvironmentResult =
  /** `files`: the env_file, as a path from the root. */
  { ok: true; env: Record<string, string>; files: string[] } | { ok: false; path: string; words: string };

/** Login, then env_file (read now), then `env`; `words` say what is wrong with the file. */
export function serviceEnvironment(
  spec: ServiceSpec,
  account: Account,
  resolvePath: (path: string) => string,
): EnvironmentResult {
  const login = loginEnvironment(account);
  if (spec.env_file === null) return { ok: true, env: { ...login, ...spec.env }, files: [] };
  const path = resolvePath(spec.env_file);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return { ok: false, path: "env_file", words: `env_file ${path}: ${systemWords(error)}` };
  }
  const read = parseEnvFile(text);
  if (!read.ok) return { ok: false, path: "env_file", words: `env_file ${path}, line ${read.line}: ${read.message}` };
  return { ok: true, env: { ...login, ...read.env, ...spec.env }, files: [path] };
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
