// `tailherd … | head`: a reader that has seen enough is no failure.
import assert from "node:assert/strict";
import { test } from "node:test";
import { RunningCli } from "../support/cli.ts";

test("a closed pipe ends the command without a word", async () => {
  const cli = new RunningCli(["--help"]);
  cli.child.stdout?.destroy();
  assert.deepEqual(await cli.end(), { code: 0, stdout: "", stderr: "" });
});
