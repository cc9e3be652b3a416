import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { chooseFormat, Exposition } from "./exposition.ts";

describe("Exposition", () => {
  it("writes text 0.0.4", () => {
    const exposition = new Exposition("text");
    exposition.begin({ name: "a_total", type: "counter", help: 'what\nis "\\"' });
    exposition.add({ b: 'x"y\\z\n' }, 1.5);
    exposition.begin({ name: "c_info", type: "info", help: "facts" });
    exposition.add({}, 1);
    exposition.add({}, Number.NaN);
    assert.equal(
      exposition.text(),
      '# HELP a_total what\\nis "\\\\"\n# TYPE a_total counter\na_total{b="x\\"y\\\\z\\n"} 1.5\n# HELP c_info facts\n# TYPE c_info gauge\nc_info 1\n',
    );
    assert.equal(exposition.samples, 2);
  });

  it("writes OpenMetrics: families without their suffix, an end", () => {
    const exposition = new Exposition("openmetrics");
    exposition.begin({ name: "a_total", type: "counter", help: 'a "b"' });
    exposition.add({}, 2);
    exposition.begin({ name: "c_info", type: "info", help: "facts" });
    exposition.add({ d: "e" }, 1);
    assert.equal(
      exposition.text(),
      '# HELP a a \\"b\\"\n# TYPE a counter\na_total 2\n# HELP c facts\n# TYPE c info\nc_info{d="e"} 1\n# EOF\n',
    );
  });

  it("keeps a sample on one line whatever its labels hold, and loses nothing of them", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (label) => {
        const exposition = new Exposition("text");
        exposition.begin({ name: "a", type: "gauge", help: "h" });
        exposition.add({ l: label }, 1);
        const [, , line, ...rest] = exposition.text().split("\n");
        assert.deepEqual(rest, [""]);
        const written = /^a\{l="((?:[^"\\]|\\["\\n])*)"\} 1$/s.exec(line ?? "")?.[1];
        const read = written?.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
        assert.equal(read, label);
      }),
    );
  });
});

describe("chooseFormat", () => {
  it("takes what the scraper likes best of what there is", () => {
    const asked: [string | undefined, string][] = [
      [undefined, "text"],
      ["", "text"],
      ["*/*", "text"],
      ["text/html", "text"],
      ["application/openmetrics-text", "openmetrics"],
      ["application/openmetrics-text; version=2.0.0", "text"],
      [
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        "openmetrics",
      ],
      ["application/openmetrics-text;version=1.0.0;q=0.2,text/plain;version=0.0.4;q=0.5", "text"],
      ["application/openmetrics-text;q=nonsense", "text"],
    ];
    for (const [accept, format] of asked) assert.equal(chooseFormat(accept), format, accept);
  });
});
