import assert from "node:assert/strict";
import { test } from "node:test";
import { commandsRequestSchema } from "../../../contract/commands.ts";
import { cliOf, FIRST_DRAFT, missingOf, refusalsOf, requestOf, type CommandDraft } from "./command-draft.ts";

const draft = (over: Partial<CommandDraft>): CommandDraft => ({ ...FIRST_DRAFT, ...over });
const server = (name: string, over: object = {}) =>
  ({ name, kind: "agent", state: "online", locked: false, allow_run: true, ...over }) as const;

test("each thing to do makes a request that the hub takes", () => {
  for (const over of [
    { what: "shell", line: "df -h | tail" },
    { what: "program", line: "echo\na b\n" },
    { what: "stop_service", service: "api" },
    { what: "ping" },
  ] as const) {
    assert.equal(commandsRequestSchema.safeParse(requestOf(draft(over), ["a"])).success, true, over.what);
  }
  assert.deepEqual(requestOf(draft({ what: "program", line: "echo\na b\n" }), ["a"]).argv, ["echo", "a b"]);
});

test("what is not a number is refused by the hub, not guessed", () => {
  const { error } = commandsRequestSchema.safeParse(
    requestOf(draft({ what: "ping", width: "many", stopAfter: "x" }), ["a"]),
  );
  assert.deepEqual(
    error?.issues.map(({ path }) => path[0]),
    ["width", "stop_after_failures"],
  );
});

test("nothing is sent before it says what", () => {
  assert.equal(missingOf(draft({ line: " " })), "there is nothing to run");
  assert.equal(missingOf(draft({ what: "start_service" })), "no service is chosen");
  assert.equal(missingOf(draft({ what: "ping" })), null);
});

test("the line for a shell says the same, quoted, without what is usual", () => {
  assert.equal(cliOf(draft({ line: "uptime" }), ["web 1"]), "tailherd run -s 'web 1' -- /bin/sh -c uptime");
  const much = draft({ what: "program", line: "echo\nit's", width: "2", stopAfter: "1", timeout: "5", queue: "300" });
  assert.equal(
    cliOf(much, ["a", "b"]),
    String.raw`tailherd run -s a -s b --width 2 --stop-after 1 --timeout 5s --queue 300s -- echo 'it'\''s'`,
  );
  assert.equal(cliOf(draft({ what: "ping" }), ["a"]), null);
});

test("who would refuse is told before, each with its reason", () => {
  const servers = [
    server("ok"),
    server("closed", { allow_run: false }),
    server("locked", { locked: true }),
    server("bare", { kind: "bare" }),
    server("gone", { state: "offline" }),
  ];
  const names = (over: Partial<CommandDraft>): string[][] => refusalsOf(draft(over), servers).map((each) => each.names);
  assert.deepEqual(names({ what: "shell" }), [["closed"], ["locked"], ["bare"], ["gone"]]);
  assert.deepEqual(names({ what: "ping", queue: "300" }), [["bare"]]);
});
