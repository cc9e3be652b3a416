// `tailherd edit NAME`: the definition as YAML in $EDITOR; saved if it is right and nobody changed it meanwhile.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import type { ServiceSpec } from "../../contract/service.ts";
import type { Context } from "../context.ts";
import { CliFailure, usageFailure } from "../failure.ts";
import { collect } from "../options.ts";
import { placementOf } from "./add.ts";
import type { FileProblem } from "../file/yaml-source.ts";

export function define(command: Command, context: Context): void {
  command
    .argument("<name>", "service")
    .option("--on <server>", "without an editor: place it on this server; on all of them when given again", collect)
    .option("--on-tag <tag>", "and on every server with this tag; with all of them when given again", collect)
    .addHelpText(
      "after",
      `
Opens $VISUAL or $EDITOR (else vi). What is wrong is written into the file and the editor opens again; an unchanged
file changes nothing. A running service goes on as it is until it is restarted.

Examples:
  tailherd edit web
  tailherd edit web --on nas --on-tag eu      where it runs; it ends where it no longer belongs
  EDITOR='sed -i s/8080/8081/' tailherd edit web`,
    )
    .action(async (name: string, options: { on?: string[]; onTag?: string[] }) => {
      const client = context.client();
      const placement = placementOf(options);
      if (placement !== undefined) {
        const moved = await client.call("PATCH /api/services/{name}", { params: { name }, body: { placement } });
        return await context.emit(moved, () => `${moved.name}: saved as r${moved.revision}.`);
      }
      const { body: record, headers } = await client.ask("GET /api/services/{name}", { params: { name } });
      if (record.owner !== null) {
        throw new CliFailure(`Cannot edit "${record.name}": it is owned by ${record.owner}`, {
          code: "owned_by_file",
          hints: ["Change that file and run: tailherd apply"],
        });
      }
      const { saved: before } = await client.call("GET /api/services/{name}/spec", { params: { name } });
      const edited = await editUntilRight(context, before);
      if (edited === undefined) return context.note("Nothing was changed.");
      const saved = await client.call("PUT /api/services/{name}", {
        params: { name: record.name },
        body: edited,
        headers: { "if-match": headers.etag ?? `"${record.revision}"` },
      });
      await context.emit(saved, () => `${saved.name}: saved as r${saved.revision}. A restart applies it.`);
    });
}

/** Undefined when nothing was changed. */
async function editUntilRight(context: Context, spec: ServiceSpec): Promise<ServiceSpec | undefined> {
  const [{ stringify }, { toFileService }, { readDefinitions }] = await Promise.all([
    import("yaml"),
    import("../../contract/tailherd-file.ts"),
    import("../file/load.ts"),
  ]);
  const directory = await mkdtemp(join(tmpdir(), "tailherd-edit-"));
  const file = join(directory, "service.yaml");
  try {
    const before = stringify({ services: { [spec.name]: toFileService(spec) } });
    let text = before;
    let problems: FileProblem[] = [];
    for (;;) {
      const offered = header(problems) + text;
      await writeFile(file, offered, { mode: 0o600 });
      await runEditor(context, file);
      const after = await readFile(file, "utf8");
      text = withoutHeader(after);
      if (text === before) return undefined;
      if (problems.length > 0 && after === offered) throw refusal(problems);
      const read = readDefinitions(text, file, null, null);
      problems = [...read.problems];
      const [edited] = read.services;
      if (problems.length === 0 && (edited === undefined || read.services.length > 1 || edited.name !== spec.name)) {
        problems = [
          { line: 1, column: 1, path: "services", message: `must hold just "${spec.name}"; renaming is not editing` },
        ];
      }
      if (problems.length === 0 && edited !== undefined) return edited;
      if (!context.interactive) throw refusal(problems);
    }
  } finally {
    await rm(directory, { recursive: true });
  }
}

const MARK = "# ";

function header(problems: FileProblem[]): string {
  const lines =
    problems.length === 0
      ? ["Change it, save, and leave the editor. Left out means the default; tailherd show NAME tells them all."]
      : ["Not saved yet: this is wrong (lines counted below these remarks):", ...problems.map(problemLine)];
  return lines.map((line) => `${MARK}${line}\n`).join("");
}

function problemLine({ line, column, path, message }: FileProblem): string {
  return `  ${line}:${column} ${path} ${message}`;
}

function withoutHeader(text: string): string {
  return text.replace(/^(#.*\n)+/, "");
}

function refusal(problems: FileProblem[]): CliFailure {
  return new CliFailure("The definition was not saved: it is wrong", {
    exitCode: 2,
    code: "invalid",
    issues: problems.map(({ line, column, path, message }) => ({
      path: `${line}:${column}`,
      message: `${path} ${message}`,
    })),
  });
}

async function runEditor(context: Context, file: string): Promise<void> {
  const editor = context.io.env.VISUAL || context.io.env.EDITOR || "vi";
  // By a shell, since $EDITOR is a command line by custom ("code --wait"); the file's name is an argument, not part of it.
  const child = spawn("/bin/sh", ["-c", `${editor} "$1"`, "sh", file], { stdio: "inherit", env: context.io.env });
  // Ctrl-C reaches the editor too, and is its to take; we stay until it ends, to take the file away, which holds secrets.
  const handlers = [
    ["SIGINT", (): void => {}],
    ["SIGTERM", (): void => void child.kill("SIGTERM")],
    ["SIGHUP", (): void => void child.kill("SIGHUP")],
  ] as const;
  for (const [signal, handler] of handlers) process.on(signal, handler);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  }).finally(() => {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  });
  if (code !== 0) throw usageFailure(`The editor (${editor}) ended with ${code ?? "a signal"}: nothing was saved`);
}
