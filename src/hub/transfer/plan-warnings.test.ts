import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { serviceSpecSchema } from "../../contract/service.ts";
import type { PlanStep } from "../../contract/transfer.ts";
import { planWarnings } from "./plan-warnings.ts";

const step = (service: string, change: PlanStep["change"]): PlanStep => ({
  service,
  change,
  differences: [],
  restart_needed: false,
});
const spec = (name: string) => serviceSpecSchema.parse({ name, start_cmd: "x" });

test("planWarnings() asks about what is added or changed, and says of what it had no time for", async () => {
  const clock = new FakeClock();
  const asked: string[] = [];
  const edits = {
    async warnings({ name }: { name: string }) {
      asked.push(name);
      clock.advance(1000);
      return name === "b" ? ["checks.web.port: wrong"] : [];
    },
  };
  const names = ["a", "b", "c", "d", "e", "f", "g"];
  const steps = names.map((name) => step(name, name === "a" ? "same" : "add"));
  const warnings = await planWarnings(names.map(spec), [...steps, step("gone", "remove")], { edits, clock });
  assert.deepEqual(asked, ["b", "c", "d", "e", "f"]);
  assert.deepEqual(
    warnings.map(({ service, message }) => `${service} ${message.slice(0, 22)}`),
    ["b checks.web.port: wrong", "g no machine was asked a"],
  );
});
