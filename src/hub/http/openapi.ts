// The contract's table as OpenAPI 3.1. Made when first asked for, and kept as text.
import { z } from "zod";
import { ERRORS, problemSchema, type ErrorCode } from "../../contract/errors.ts";
import { VERSION } from "../../runtime/version.ts";
import { routeDocs, type JsonSchema, type RouteDoc } from "./route-docs.ts";

let text: string | undefined;

/** The document as JSON. */
export function openApiJson(): string {
  text ??= JSON.stringify(openApi());
  return text;
}

/** The document. */
export function openApi(): JsonSchema {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routeDocs()) {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(route);
  }
  const { $schema: _, ...problem } = z.toJSONSchema(problemSchema) as JsonSchema;
  return {
    openapi: "3.1.0",
    info: {
      title: "tailherd",
      version: VERSION,
      description: "The hub's API. Errors are problem details (RFC 9457). Live changes come over the WebSocket /ws.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }, { session: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        session: { type: "apiKey", in: "cookie", name: "tailherd_8765", description: "Named after the hub's port" },
      },
      schemas: { Problem: problem },
    },
  };
}

function operation(route: RouteDoc): JsonSchema {
  const { key, spec, params, query, requiredQuery, body } = route;
  const parameters = [
    ...Object.entries(params).map(([name, schema]) => ({ name, in: "path", required: true, schema })),
    ...Object.entries(query).map(([name, schema]) => ({
      name,
      in: "query",
      required: requiredQuery.has(name),
      schema,
    })),
  ];
  const required = spec.body?.safeParse(undefined).success !== true;
  return {
    operationId: operationId(key),
    summary: spec.summary,
    ...(spec.note !== undefined && { description: spec.note }),
    "x-action": spec.action,
    ...(spec.action === "public" && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: { required, content: { "application/json": { schema: body } } } }),
    responses: responses(route),
  };
}

function responses({ result, media, errors }: RouteDoc): JsonSchema {
  const success = { description: "Done", content: { [media]: { schema: result ?? { type: "string" } } } };
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of errors) byStatus.set(ERRORS[code].status, [...(byStatus.get(ERRORS[code].status) ?? []), code]);
  const refusals = [...byStatus].map(([status, codes]) => [
    String(status),
    {
      description: codes.map((code) => `${ERRORS[code].title} (${code})`).join("; "),
      content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
    },
  ]);
  return Object.fromEntries([["200", success], ...refusals]) as JsonSchema;
}

/** "POST /api/services/{name}/start" → "postServicesNameStart". */
function operationId(key: string): string {
  const words = key.split(/[^A-Za-z0-9]+/).filter((word) => word !== "" && word !== "api");
  return words
    .map((word, index) => (index === 0 ? word.toLowerCase() : word[0]?.toUpperCase() + word.slice(1)))
    .join("");
}
