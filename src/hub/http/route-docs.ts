// The contract's table as the pages that describe it need it: split keys, JSON Schemas, the errors of each route.
import { z } from "zod";
import { ERRORS, type ErrorCode } from "../../contract/errors.ts";
import { routes, type RouteKey, type RouteSpec } from "../../contract/routes.ts";

/** What any route can answer with, beside its own errors. */
const COMMON_ERRORS = [
  "unauthenticated",
  "forbidden",
  "wrong_origin",
  "rate_limited",
  "internal",
] as const satisfies readonly ErrorCode[];

/** JSON Schema 2020-12, as OpenAPI 3.1 takes it. */
export type JsonSchema = Record<string, unknown>;

/** One route, told. */
export interface RouteDoc {
  key: RouteKey;
  method: string;
  path: string;
  spec: RouteSpec;
  params: Record<string, JsonSchema>;
  query: Record<string, JsonSchema>;
  requiredQuery: ReadonlySet<string>;
  body: JsonSchema | undefined;
  /** Undefined where the answer is not JSON by a schema. */
  result: JsonSchema | undefined;
  media: string;
  errors: ErrorCode[];
}

/** All routes, in the table's order. */
export function routeDocs(): RouteDoc[] {
  return (Object.keys(routes) as RouteKey[]).map(describe);
}

function describe(key: RouteKey): RouteDoc {
  const spec: RouteSpec = routes[key];
  const [method = "", path = ""] = key.split(" ");
  const query = spec.query && schemaOf(spec.query, "input");
  return {
    key,
    method,
    path,
    spec,
    params: propertiesOf(spec.params && schemaOf(spec.params, "input")),
    query: propertiesOf(query),
    requiredQuery: new Set((query?.required as string[] | undefined) ?? []),
    body: spec.body && schemaOf(spec.body, "input"),
    result: "media" in spec.result ? undefined : schemaOf(spec.result, "output"),
    media: "media" in spec.result ? spec.result.media : "application/json",
    errors: errorsOf(spec),
  };
}

function errorsOf(spec: RouteSpec): ErrorCode[] {
  const errors = new Set<ErrorCode>(spec.errors ?? []);
  if (spec.query !== undefined || spec.params !== undefined) errors.add("invalid");
  if (spec.body !== undefined)
    for (const code of ["bad_json", "invalid", "too_large", "wrong_type"] as const) errors.add(code);
  for (const code of COMMON_ERRORS)
    if (spec.action !== "public" || (code !== "unauthenticated" && code !== "forbidden")) errors.add(code);
  return [...errors].sort((a, b) => ERRORS[a].status - ERRORS[b].status);
}

function schemaOf(schema: z.ZodType, io: "input" | "output"): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io, unrepresentable: "any" }) as JsonSchema;
  return json;
}

function propertiesOf(schema: JsonSchema | undefined): Record<string, JsonSchema> {
  return (schema?.properties as Record<string, JsonSchema> | undefined) ?? {};
}
