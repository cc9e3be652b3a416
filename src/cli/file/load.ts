// Reads a tailherd.yaml into definitions, or into the list of everything that is wrong with it.
import { readFileSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { cycleIn } from "../../base/dependency-graph.ts";
import { EXIT } from "../../contract/error-table.ts";
import { serviceSpecSchema, type ServiceSpec } from "../../contract/service.ts";
import { taskSpecSchema, type TaskSpec } from "../../contract/task.ts";
import {
  FILE_KEYS,
  FILE_TASK_KEYS,
  tailherdFileSchema,
  toServiceInput,
  toTaskInput,
  type FileService,
  type FileTask,
} from "../../contract/tailherd-file.ts";
import { CONFIG_FILE, findUpward } from "../../runtime/config.ts";
import { CliFailure, usageFailure } from "../failure.ts";
import { check } from "./check.ts";
import { YamlSource, type FileProblem } from "./yaml-source.ts";

/** A file that was read. `problems` is empty exactly when `services` can be applied. */
export interface LoadedFile {
  /** Absolute, links resolved; how the hub names the owner. */
  path: string;
  services: ServiceSpec[];
  tasks: TaskSpec[];
  problems: FileProblem[];
}

/** Reads the file given, else the nearest tailherd.yaml; "-" is standard input. Exit 2 when it cannot be read. */
export function loadFile(given: string | undefined, cwd: string, env: NodeJS.ProcessEnv): LoadedFile {
  if (given === "-") return readDefinitions(readFileSync(0, "utf8"), join(cwd, "standard input"), cwd, env);
  const path = given === undefined ? findUpward(cwd) : resolve(cwd, given);
  if (path === undefined) {
    throw usageFailure(`There is no ${CONFIG_FILE} here or above: give one with -f FILE`);
  }
  if (path.endsWith(".toml")) throw usageFailure(`Cannot read ${path}: TOML is not understood. Write YAML or JSON.`);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw usageFailure(`Cannot read ${path}: ${(cause as Error).message}`);
  }
  const real = realpathSync(path);
  return readDefinitions(text, real, dirname(real), env);
}

/**
 * Reads a text as a tailherd.yaml that lies in a directory. Null for `directory` leaves relative paths as they are (relative
 * to the home of the service's user), and null for `env` leaves every "$": for a definition that comes from the hub.
 */
export function readDefinitions(
  text: string,
  path: string,
  directory: string | null,
  env: NodeJS.ProcessEnv | null,
): LoadedFile {
  const source = new YamlSource(text, env);
  const value = withoutExtensions(source.value());
  const checked = value === undefined ? undefined : check(tailherdFileSchema, value, source);
  if (checked !== undefined && checked.services === undefined && checked.tasks === undefined)
    source.addAt([], 'has no "services"');
  const services = Object.entries(checked?.services ?? {}).flatMap(
    ([name, service]) => toSpec(name, service, directory, source) ?? [],
  );
  const cycle = cycleIn(new Map(services.map(({ name, depends_on }) => [name, Object.keys(depends_on)])));
  if (cycle !== undefined) {
    const [first = "", second = ""] = cycle;
    const message = `makes a cycle, in which nothing could start first: ${cycle.join(" → ")}`;
    source.addAt(["services", first, "depends_on", second], message);
  }
  const tasks = Object.entries(checked?.tasks ?? {}).flatMap(([name, task]) => toTask(name, task, source) ?? []);
  const problems = source.problems.sort((a, b) => a.line - b.line || a.column - b.column);
  const right = problems.length === 0;
  return { path, services: right ? services : [], tasks: right ? tasks : [], problems };
}

/** Everything that is wrong with a file, as a failure with exit 2. */
export function fileFailure(path: string, problems: FileProblem[]): CliFailure {
  const count = problems.length === 1 ? "one thing is" : `${problems.length} things are`;
  return new CliFailure(`Cannot use ${path}: ${count} wrong`, {
    exitCode: EXIT.usage,
    code: "invalid_file",
    issues: problems.map(({ line, column, path: at, message }) => ({
      path: `${line}:${column}`,
      message: at === "" ? message : `${at} ${message}`,
    })),
  });
}

function toSpec(
  name: string,
  service: FileService,
  directory: string | null,
  source: YamlSource,
): ServiceSpec | undefined {
  const input = toServiceInput(name, service);
  const runs = typeof input.start_cmd === "string" || Array.isArray(input.argv);
  const result = serviceSpecSchema.safeParse({
    ...input,
    working_dir: below(directory, input.working_dir ?? (runs ? directory : null)),
    env_file: below(directory, input.env_file ?? null),
  });
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const [first = "", ...rest] = issue.path.map(String);
    // A file has checks by name, a definition has a list of them.
    if (first === "checks") rest[0] = service.checks?.[Number(rest[0])]?.name ?? "";
    const path = ["services", name, FILE_KEYS[first] ?? first, ...rest];
    source.addAt(
      path,
      issue.message.replaceAll(/\b(start_cmd|env)\b/g, (word) => FILE_KEYS[word] ?? word),
    );
  }
  return undefined;
}

function toTask(name: string, task: FileTask, source: YamlSource): TaskSpec | undefined {
  const result = taskSpecSchema.safeParse(toTaskInput(name, task));
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const [first = "", ...rest] = issue.path.map(String);
    source.addAt(["tasks", name, FILE_TASK_KEYS[first] ?? first, ...rest], issue.message);
  }
  return undefined;
}

/** Relative paths of a file start from the file; "~" is the home of the service's user, which only the agent knows. */
function below(directory: string | null, path: string | null): string | null {
  if (path === null || path === "~") return null;
  if (path.startsWith("~/")) return path.slice(2);
  return directory === null || isAbsolute(path) ? path : resolve(directory, path);
}

function withoutExtensions(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith("x-")));
}
