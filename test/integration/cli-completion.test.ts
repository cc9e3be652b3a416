// The completion scripts in the real shells: what Tab makes of a line.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { runCli } from "../support/cli.ts";

const dir = mkdtempSync(join(tmpdir(), "tailherd-completion-"));
after(() => rmSync(dir, { recursive: true }));
const has = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;

/** These shells are large for what they show here, so the machines that must show everything need not have them. */
const without = (shell: string): string | false =>
  has(shell) && has("script") ? false : `this machine has no ${shell}`;

/** What the line becomes with Tab at its end, as arguments. */
function zshTab(...lines: string[]): string[][] {
  const rc = `fpath=('${dir}' $fpath); autoload -Uz compinit; compinit -u -d '${dir}/dump'; PS1=; unsetopt beep
tailherd() { if [[ $1 == __names ]]; then print -l web 'my app'; else print -r -- "got<\${(j:|:)@}>"; fi }\n`;
  writeFileSync(join(dir, ".zshrc"), rc);
  const typed = `${lines.map((line) => `${line}\t\n`).join("")}exit\n`;
  const env = { PATH: process.env.PATH, HOME: dir, ZDOTDIR: dir, TERM: "dumb", LANG: "C.UTF-8" };
  const said = execFileSync("script", ["-qec", "zsh -i", "/dev/null"], { input: typed, env, encoding: "utf8" });
  return [...said.matchAll(/got<(.*?)>/g)].map(([, words = ""]) => words.trim().split("|"));
}

describe("zsh", { skip: without("zsh") }, () => {
  it("completes commands, options, their commands, and names with blanks as one word", async () => {
    writeFileSync(join(dir, "_tailherd"), (await runCli(["completion", "zsh"])).stdout);
    const lines = [
      "tailherd resta",
      "tailherd logs --fol",
      "tailherd restart my",
      "tailherd token ad",
      "tailherd --json stop we",
      "tailherd token add --ro",
    ];
    assert.deepEqual(zshTab(...lines), [
      ["restart"],
      ["logs", "--follow"],
      ["restart", "my app"],
      ["token", "add"],
      ["--json", "stop", "web"],
      ["token", "add", "--role"],
    ]);
  });
});

describe("fish", { skip: without("fish") }, () => {
  it("completes commands, options, their commands, and names with blanks as one word", async () => {
    const script = join(dir, "tailherd.fish");
    writeFileSync(script, (await runCli(["completion", "fish"])).stdout);
    const offers = (line: string): string[] => {
      const program = `function tailherd; printf '%s\\n' web 'my app'; end; source ${script}; complete -C '${line}'`;
      const env = { PATH: process.env.PATH, HOME: dir, LANG: "C.UTF-8" };
      const said = execFileSync("fish", ["--no-config", "-c", program], { env, encoding: "utf8" });
      return said
        .trimEnd()
        .split("\n")
        .map((each) => each.split("\t")[0] ?? "");
    };
    assert.deepEqual(offers("tailherd resta"), ["restart"]);
    assert.deepEqual(offers("tailherd logs --fol"), ["--follow"]);
    assert.deepEqual(offers("tailherd restart my"), ["my app"]);
    assert.deepEqual(offers("tailherd token ad"), ["add"]);
    assert.deepEqual(offers("tailherd --json stop we"), ["web"]);
    assert.deepEqual(offers("tailherd token add --ro"), ["--role"]);
    assert.ok(!offers("tailherd restart we").includes("restart"));
  });
});
