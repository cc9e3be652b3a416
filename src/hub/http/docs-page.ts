// /docs: the contract's table for people. One page without scripts, made when first asked for; it works without a network.
import { ERRORS } from "../../contract/errors.ts";
import { VERSION } from "../../runtime/version.ts";
import { html, type Html } from "./html.ts";
import { routeDocs, type JsonSchema, type RouteDoc } from "./route-docs.ts";

let page: string | undefined;

/** The page. */
export function docsPage(): string {
  page ??= render(routeDocs()).markup;
  return page;
}

function render(docs: RouteDoc[]): Html {
  const groups = Map.groupBy(docs, groupOf);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>tailherd API</title>
        <link rel="stylesheet" href="/docs.css" />
      </head>
      <body>
        <nav aria-label="Routes">
          <p class="brand">tailherd <small>${VERSION}</small></p>
          ${[...groups].map(
            ([group, routes]) =>
              html`<h2>${group}</h2>
                <ul>
                  ${routes.map(
                    (doc) =>
                      html`<li>
                        <a href="#${idOf(doc)}">${method(doc)} <code>${doc.path}</code></a>
                      </li>`,
                  )}
                </ul> `,
          )}
        </nav>
        <main>
          <h1>The hub's API</h1>
          ${INTRODUCTION}
          ${[...groups].map(
            ([group, routes]) =>
              html`<section aria-label="${group}">
                <h2>${group}</h2>
                ${routes.map(routeArticle)}
              </section> `,
          )}
        </main>
      </body>
    </html> `;
}

const INTRODUCTION = html`<p>
    JSON in and out, in <code>snake_case</code>. The same as a machine reads it:
    <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).
  </p>
  <p>
    Say who you are with <code>Authorization: Bearer TOKEN</code> (make one with <code>tailherd token</code>), or use
    the unix socket <code>hub.sock</code> in the data directory, where you are admin. Errors are problem details (RFC
    9457): <code>status</code>, <code>code</code>, <code>detail</code>, and <code>issues</code> with the path of each
    wrong field.
  </p>
  <p>
    Bodies may have 256 KiB (<code>/api/apply</code> and <code>/api/import</code>: 4 MiB) and be nested 20 deep. Changes
    come live over the WebSocket <code>/ws</code>: send
    <code>{"type":"subscribe","topics":["services","stats","events","operations","output:NAME"]}</code>.
  </p> `;

function routeArticle(doc: RouteDoc): Html {
  const { spec, path } = doc;
  return html`<article id="${idOf(doc)}">
    <h3>${method(doc)} <code>${path}</code></h3>
    <p>
      ${spec.summary}.${spec.note === undefined ? "" : ` ${spec.note}.`}
      <span class="right">${spec.action === "public" ? "Open to everybody" : `Needs the right ${spec.action}`}</span>
    </p>
    ${fields("Path", doc.params, new Set(Object.keys(doc.params)))} ${fields("Query", doc.query, doc.requiredQuery)}
    ${doc.body === undefined ? html`` : schema("Body", doc.body)}
    ${doc.result === undefined ? html`<p>Answers <code>${doc.media}</code>.</p>` : schema("Answer", doc.result)}
    <details>
      <summary>Errors</summary>
      <ul>
        ${doc.errors.map(
          (code) => html`<li><b>${ERRORS[code].status}</b> <code>${code}</code>: ${ERRORS[code].title}</li>`,
        )}
      </ul>
    </details>
    <pre tabindex="0" aria-label="Example">${example(doc)}</pre>
  </article> `;
}

function fields(title: string, properties: Record<string, JsonSchema>, required: ReadonlySet<string>): Html {
  const names = Object.entries(properties);
  if (names.length === 0) return html``;
  return html`<h4>${title}</h4>
    <dl>
      ${names.map(
        ([name, property]) =>
          html`<dt><code>${name}</code></dt>
            <dd>${describe(property)}${required.has(name) ? "" : ", may be left out"}</dd>`,
      )}
    </dl>`;
}

function schema(title: string, json: JsonSchema): Html {
  return html`<details>
    <summary>${title}: ${describe(json)}</summary>
    <pre tabindex="0" aria-label="${title} as JSON Schema">${JSON.stringify(json, undefined, 2)}</pre>
  </details> `;
}

/** A schema in a few words. */
function describe(json: JsonSchema): string {
  if (Array.isArray(json.enum)) return json.enum.map(String).join(" | ");
  if (Array.isArray(json.anyOf)) return (json.anyOf as JsonSchema[]).map(describe).join(" or ");
  const { type, description, properties, items } = json;
  const words = typeof type === "string" ? type : "anything";
  if (isSchema(properties)) return `object with ${Object.keys(properties).join(", ")}`;
  if (isSchema(items)) return `list of ${describe(items)}`;
  return typeof description === "string" ? `${words}: ${description}` : words;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null;
}

function example({ method, path, body, media }: RouteDoc): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => (name === "kind" ? "backend" : name.toUpperCase()));
  const parts = ["curl", method === "GET" ? "" : `-X ${method}`, media === "text/event-stream" ? "-N" : ""];
  parts.push('-H "Authorization: Bearer $TOKEN"');
  if (body !== undefined) parts.push(`-H "Content-Type: application/json" -d @body.json`);
  return [...parts.filter((part) => part !== ""), `http://localhost:8765${filled}`].join(" ");
}

function groupOf({ path }: RouteDoc): string {
  const word = path.split("/").find((part) => part !== "" && part !== "api") ?? "hub";
  return word === "service" ? "services (predecessor)" : word;
}

function method({ method }: RouteDoc): Html {
  return html`<span class="method ${method.toLowerCase()}">${method}</span>`;
}

function idOf({ method, path }: RouteDoc): string {
  return `${method}${path}`.replaceAll(/[^A-Za-z0-9]+/g, "-").toLowerCase();
}
