import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkSchema } from "../../../../../contract/checks.ts";
import { definitionOf, draftOf } from "../fields.ts";
import { asKind, type EditedCheck, fieldsOf, KINDS, NAME, newCheck, roleOf } from "./check-fields.ts";

const fields = (check: EditedCheck) => [NAME, roleOf(check), ...fieldsOf(check)];

/** Types into one field. */
function typed(check: EditedCheck, path: string, text: string): EditedCheck {
  const start = draftOf(check, fields(check));
  return definitionOf(check, { ...start, [path]: text }, start, fields(check));
}

describe("the form of a check", () => {
  it("changes only what was typed, as the value that it means", () => {
    const check = checkSchema.parse({ name: "a", kind: "http", port: 80, tls: { verify: false }, headers: { a: "b" } });
    assert.deepEqual(typed(check, "name", "a"), check);
    assert.deepEqual(typed(check, "status", "204, 3xx"), { ...check, status: [204, "3xx"] });
    assert.deepEqual(typed(check, "headers", "a=b\nc=d e"), { ...check, headers: { a: "b", c: "d e" } });
    const { interval: _, ...rest } = check;
    assert.deepEqual(typed(check, "interval", ""), rest, "empty is the default");
    assert.equal(typed(check, "port", "eighty")["port"], "eighty", "the hub says what is wrong with it");
  });

  it("shows a list of arguments one a line, and keeps it one", () => {
    const check = { name: "a", kind: "exec", command: ["x", "y z"] };
    assert.equal(draftOf(check, fields(check))["command"], "x\ny z");
    assert.deepEqual(typed(check, "command", "x\ny")["command"], ["x", "y"]);
    assert.equal(typed({ name: "a", kind: "exec", command: "x" }, "command", "x && y")["command"], "x && y");
  });

  it("has fields for everything of a kind but the options of https", () => {
    for (const { value: kind } of KINDS) {
      const required = { exec: { command: "x" }, log: { match: "x" }, heartbeat: { file: "x" } }[kind as string] ?? {};
      const check = checkSchema.parse({ name: "a", kind, ...required });
      const shown = new Set([...fields(check).map(({ path }) => path), "kind", "tls"]);
      assert.deepEqual(
        Object.keys(check).filter((key) => !shown.has(key)),
        [],
        kind,
      );
    }
  });

  it("keeps of another kind what both have", () => {
    const tcp = asKind({ name: "a", kind: "http", port: 80, path: "/", interval: 2, role: "readiness" }, "tcp");
    assert.deepEqual(tcp, { name: "a", kind: "tcp", port: 80, interval: 2, role: "readiness" });
    assert.deepEqual(asKind(tcp, "log"), { name: "a", kind: "log", interval: 2, role: "readiness" });
    assert.deepEqual(asKind(tcp, "notify"), { name: "a", kind: "notify", interval: 2 }, "which has no readiness");
    assert.equal(asKind({ ...tcp, role: "startup" }, "notify")["role"], "startup");
    const asked = asKind({ name: "a", kind: "http", url: "http://nas/" }, "heartbeat");
    assert.deepEqual(asked, { name: "a", kind: "heartbeat" }, "whose url is no address");
    assert.equal(asKind({ ...asked, url: true }, "heartbeat")["url"], true);
  });

  it("names a new one like no other", () => {
    const first = newCheck([]);
    assert.equal(newCheck([first])["name"], "web-2");
    assert.ok(checkSchema.safeParse(first).success);
  });
});
