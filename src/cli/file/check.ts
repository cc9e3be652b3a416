// Checks a file's values by a schema and says what is wrong in words, where, and what was probably meant.
import { z } from "zod";
import { didYouMean } from "./did-you-mean.ts";
import type { YamlSource } from "./yaml-source.ts";

type Issue = z.core.$ZodIssue;
type Path = (string | number)[];

/** Words that people bring from other tools. */
const HINTS: Readonly<Record<string, string>> = {
  image: "tailherd runs programs, not images",
  build: "tailherd runs programs, not images",
  cmd: 'it is called "command" here',
  exec: 'it is called "command" here',
  script: 'it is called "command" here',
  start_cmd: 'it is called "command" here',
  entrypoint: 'it is called "command" here',
  env: 'it is called "environment" here',
  cron: 'it is called "schedule" here',
  cron_expression: 'it is called "schedule" here',
  service_name: 'it is called "service" here',
  cwd: 'it is called "working_dir" here',
  directory: 'it is called "working_dir" here',
  tags: 'it is called "labels" here',
  replicas: 'it is called "instances" here',
  scale: 'it is called "instances" here',
  mem_limit: 'write limits: {memory: "…"}',
  cpus: "write limits: {cpu: …}",
  pids_limit: "write limits: {pids: …}",
  stop_signal: "write stop: {signal: …}",
  stop_grace_period: 'write stop: {grace: "…"}',
  keywords: 'it is called "match_keywords" here',
  no: 'it is "never" here',
  "unless-stopped": 'it is "always" here: what was stopped by hand stays stopped',
};

/** The checked value, or undefined with the problems noted in the source. */
export function check<S extends z.ZodType>(schema: S, value: unknown, source: YamlSource): z.infer<S> | undefined {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  for (const issue of result.error.issues) tell(schema, issue, value, source, issue.path.map(toStep));
  return undefined;
}

function tell(schema: z.ZodType, issue: Issue, root: unknown, source: YamlSource, path: Path): void {
  if (source.hasProblemAt(path)) return;
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys) source.addAt([...path, key], unknownKey(schema, path, key), true);
  } else if (issue.code === "invalid_union") {
    const closest = closestOption(issue.errors);
    const value = at(root, path);
    // What the options differ by is none of theirs.
    if (issue.errors.length === 0)
      source.addAt(
        path,
        value === undefined ? `is required: ${issue.message}` : `${issue.message}, not ${kindOf(value)}`,
      );
    else if (closest === undefined)
      source.addAt(path, `must be ${expectations(issue.errors).join(" or ")}, not ${kindOf(value)}`);
    else for (const inner of closest) tell(schema, inner, root, source, [...path, ...inner.path.map(toStep)]);
  } else if (issue.code === "invalid_key") {
    source.addAt(path, `is not a good name: ${issue.issues[0]?.message ?? issue.message}`, true);
  } else {
    source.addAt(path, wordsOf(issue, at(root, path)));
  }
}

/** The option of a union whose outer type fits, so that its finer complaints are what helps. */
function closestOption(options: Issue[][]): Issue[] | undefined {
  const fitting = options.filter(
    (issues) => !issues.some((issue) => issue.code === "invalid_type" && issue.path.length === 0),
  );
  return fitting.sort((a, b) => a.length - b.length)[0];
}

function expectations(options: Issue[][]): string[] {
  const types = options.flatMap((issues) =>
    issues.flatMap((issue) =>
      issue.code === "invalid_type" && issue.path.length === 0 ? [typeWord(issue.expected)] : [],
    ),
  );
  return [...new Set(types)];
}

function wordsOf(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case "invalid_type":
      return value === undefined || value === null
        ? `is required: ${typeWord(issue.expected)}`
        : `must be ${typeWord(issue.expected)}, not ${kindOf(value)}`;
    case "invalid_value": {
      const allowed = issue.values.map(String);
      const meant = suggestion(String(value), allowed);
      return `must be ${allowed.map((each) => `"${each}"`).join(" or ")}, not ${kindOf(value)}${meant}`;
    }
    case "too_small":
      return limitWords(issue.origin, "at least", issue.minimum);
    case "too_big":
      return limitWords(issue.origin, "at most", issue.maximum);
    default:
      return issue.message;
  }
}

function limitWords(origin: string, bound: string, limit: number | bigint): string {
  if (origin === "string") return Number(limit) === 1 ? "must not be empty" : `must have ${bound} ${limit} characters`;
  if (origin === "array") return `must have ${bound} ${limit} ${limit === 1 ? "entry" : "entries"}`;
  return `must be ${bound} ${limit}`;
}

function unknownKey(schema: z.ZodType, path: Path, key: string): string {
  return `is not a known key${suggestion(key, keysAt(z.toJSONSchema(schema, { io: "input" }), path))}`;
}

function suggestion(word: string, known: string[]): string {
  const hint = HINTS[word];
  if (hint !== undefined) return `: ${hint}`;
  const meant = didYouMean(word, known);
  if (meant !== undefined) return `; did you mean "${meant}"?`;
  return "";
}

type JsonSchema = {
  properties?: Record<string, JsonSchema>;
  additionalProperties?: unknown;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
};

/** Keys that an object at a path may have, read off the JSON Schema. */
function keysAt(schema: unknown, path: Path): string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { properties = {}, additionalProperties, anyOf = [], oneOf = [] } = schema as JsonSchema;
  const [step, ...rest] = path;
  const own = step === undefined ? Object.keys(properties) : keysAt(properties[step] ?? additionalProperties, rest);
  return [...own, ...[...anyOf, ...oneOf].flatMap((option) => keysAt(option, path))];
}

function typeWord(type: string): string {
  switch (type) {
    case "string":
      return "text";
    case "int":
      return "a whole number";
    case "number":
      return "a number";
    case "boolean":
      return "true or false";
    case "array":
      return "a list";
    case "object":
    case "record":
      return "a map";
    default:
      return type;
  }
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  return JSON.stringify(value);
}

function at(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) value = typeof value === "object" && value !== null ? Reflect.get(value, step) : undefined;
  return value;
}

function toStep(step: PropertyKey): string | number {
  return typeof step === "number" ? step : String(step);
}
