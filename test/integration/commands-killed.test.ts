// P11: a remote command runs at most once and its fate is known. Hub and agent are killed, in turn, at each step of commands that append
// one line each; then the lines are counted against what was told.
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { enrolAgent } from "../../src/agent/agent.ts";
import type { Operation } from "../../src/contract/operations.ts";
import { HubProcess } from "../support/hub-process.ts";
import { freePort } from "../support/ports.ts";

/** Rounds, one kill each: both are killed at each step. TAILHERD_SOAK_FACTOR=20 makes it 800 commands, where 500 are promised. */
const ROUNDS = Math.ceil(8 * Number(process.env.TAILHERD_SOAK_FACTOR ?? 1));
const EACH = 5;
/** How far the last command of a round has come when something is killed. */
const STEPS = ["asked", "answered", "running", "done"] as const;
const PATIENCE = 60_000;

const fixture = join(import.meta.dirname, "../fixtures/fleet-agent.ts");

async function startFleetAgent(dataDir: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [fixture, dataDir], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

async function operation(hub: HubProcess, id: string): Promise<Operation> {
  return (await hub.request("GET", `/api/operations/${id}`)).answer as Operation;
}

async function until(hub: HubProcess, id: string, wanted: (operation: Operation) => boolean): Promise<Operation> {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const now = await operation(hub, id);
    if (wanted(now)) return now;
    if (Date.now() > deadline) throw new Error(`the command did not get there: ${JSON.stringify(now)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

it("P11: a remote command runs at most once and its fate is known", { timeout: ROUNDS * 60_000 }, async (context) => {
  const [hubDir, agentDir] = [
    await mkdtemp(join(tmpdir(), "tailherd-p11-")),
    await mkdtemp(join(tmpdir(), "tailherd-p11-")),
  ];
  const port = await freePort();
  const file = join(agentDir, "lines");
  let hub = await HubProcess.start(hubDir, port);
  const token = (await hub.request("POST", "/api/join-tokens", {})).answer as { secret: string };
  await enrolAgent(agentDir, { hubUrl: hub.address, token: token.secret, name: "web-1", tags: [] });
  let agent = await startFleetAgent(agentDir);
  /** Operations by what their command appends; those whose answer was lost are not in it. */
  const asked = new Map<string, string | undefined>();
  const told: Record<string, number> = {};
  /** Waits until all fates are known, and holds them against the lines. */
  const judge = async (): Promise<void> => {
    for (const [name, id] of asked) {
      if (id === undefined) continue;
      const { state, targets } = await until(hub, id, ({ ended_at }) => ended_at !== null);
      told[state] = (told[state] ?? 0) + 1;
      const runs = readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line === name).length;
      const words = `${name} was told as ${state} (${targets[0]?.message}), and ran ${runs} times`;
      if (state === "done") assert.equal(runs, 1, words);
      else if (state === "failed") assert.equal(runs, 0, words);
      else assert.equal(state, "unknown", words);
    }
    sent += asked.size;
    asked.clear();
  };
  let sent = 0;
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const step = STEPS[round % STEPS.length];
      const names = Array.from({ length: EACH }, (_, at) => `${round}-${at}`);
      const sending = names.map(async (name): Promise<void> => {
        asked.set(name, undefined);
        const argv = ["/bin/sh", "-c", 'echo "$1" >>"$2"; exec sleep 0.05', "sh", name, file];
        const body = { action: "run", argv, queue_for: 60, servers: ["web-1"] };
        const { status, answer } = await hub.request("POST", "/api/commands", body);
        assert.equal(status, 200, JSON.stringify(answer));
        asked.set(name, (answer as Operation).id);
      });
      const settled = Promise.allSettled(sending);
      const last = sending.at(-1);
      if (step !== "asked") await last;
      const id = asked.get(names.at(-1) ?? "");
      if (step === "running" && id !== undefined)
        await until(hub, id, ({ state }) => state !== "queued" && state !== "sent");
      if (step === "done" && id !== undefined) await until(hub, id, ({ ended_at }) => ended_at !== null);
      if (Math.floor(round / STEPS.length) % 2 === round % 2) {
        await kill(agent);
        await Promise.all(sending);
        agent = await startFleetAgent(agentDir);
      } else {
        await hub.kill();
        await settled;
        hub = await HubProcess.start(hubDir, port);
      }
      if (round % (2 * STEPS.length) === 2 * STEPS.length - 1) await judge();
    }
    await judge();
    const all = readFileSync(file, "utf8").split("\n").slice(0, -1);
    assert.equal(new Set(all).size, all.length, "a command ran twice");
    assert.ok((told.done ?? 0) >= ROUNDS, JSON.stringify(told));
    context.diagnostic(`${sent} commands, ${ROUNDS} kills: ${JSON.stringify(told)}`);
  } finally {
    await kill(agent);
    await hub.kill();
    for (const directory of [hubDir, agentDir]) await rm(directory, { recursive: true, force: true });
  }
});
