import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { routes } from "../../contract/routes.ts";
import { docsPage } from "./docs-page.ts";
import { html } from "./html.ts";
import { openApi } from "./openapi.ts";

describe("openApi()", () => {
  const document = openApi() as {
    openapi: string;
    paths: Record<string, Record<string, { operationId: string; parameters?: { name: string; in: string }[] }>>;
  };

  it("holds every route once, with an id of its own", () => {
    const told = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    assert.deepEqual(told.sort(), Object.keys(routes).sort());
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map((each) => each.operationId),
    );
    assert.equal(new Set(ids).size, ids.length);
  });

  it("declares exactly the parameters that each path has", () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      for (const { parameters = [] } of Object.values(methods)) {
        assert.deepEqual(
          parameters.filter((each) => each.in === "path").map(({ name }) => name),
          inPath,
          path,
        );
      }
    }
  });

  it("is JSON through and through", () => {
    assert.deepEqual(JSON.parse(JSON.stringify(document)), document);
    assert.equal(document.openapi, "3.1.0");
  });
});

describe("the docs page", () => {
  it("tells every route, and needs nothing from elsewhere", () => {
    const page = docsPage();
    for (const key of Object.keys(routes)) assert.ok(page.includes(`<code>${key.split(" ")[1]}</code>`), key);
    assert.ok(!/<script|style=|https?:\/\/(?!localhost)/.test(page));
  });

  it("escapes what is not markup", () => {
    assert.equal(html`<b>${'<i a="1">&'}</b>`.markup, "<b>&#60;i a=&#34;1&#34;&#62;&#38;</b>");
  });
});
