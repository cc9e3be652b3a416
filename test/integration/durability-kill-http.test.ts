// P7 through the front door: four writers of definitions and tokens over HTTP, the hub killed at random. What was answered
// with 2xx is there afterwards, once; a revoked token stays revoked. TAILHERD_SOAK_FACTOR=20 makes it 200 rounds.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import { databasePath } from "../../src/hub/store/database-file.ts";
import { openSqliteStore } from "../../src/hub/store/sqlite-store.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { HubProcess } from "../support/hub-process.ts";
import { times } from "../support/soak.ts";

const ROUNDS = times(10, 200);
const WRITERS = 4;

/** What one writer was told, and the one thing it was not told about when the hub died. */
class Writer {
  readonly id: number;
  /** Service to the mark of its latest acknowledged write. */
  readonly services = new Map<string, string>();
  /** Token name to its id, or null once it was revoked. */
  readonly tokens = new Map<string, string | null>();
  /** Marks of writes of definitions: all that were acknowledged. */
  readonly marks: string[] = [];
  unsure: { service?: string; mark?: string; token?: string } = {};
  private count = 0;

  constructor(id: number) {
    this.id = id;
  }

  /** Writes until the hub dies; `acknowledged` hears of each write that went through. */
  async run(hub: HubProcess, acknowledged: () => void): Promise<void> {
    for (;;) {
      const died = await this.step(hub).then(
        () => false,
        (error: unknown) => {
          if (error instanceof assert.AssertionError) throw error;
          return true;
        },
      );
      if (died) return;
      this.unsure = {};
      acknowledged();
    }
  }

  private async step(hub: HubProcess): Promise<void> {
    const mark = `${this.id}.${this.count++}`;
    const live = [...this.tokens].find(([, id]) => id !== null);
    if (this.count % 4 === 0) {
      this.unsure = { token: mark };
      const token = (await send(hub, "POST", "/api/tokens", { name: mark })) as { id: string };
      this.tokens.set(mark, token.id);
    } else if (this.count % 4 === 2 && live !== undefined) {
      this.unsure = { token: live[0] };
      await send(hub, "DELETE", `/api/tokens/${live[1]}`);
      this.tokens.set(live[0], null);
    } else {
      const service = `writer ${this.id} service ${this.count % 5}`;
      this.unsure = { service, mark };
      const body = { name: service, start_cmd: "true", env: { OP: mark } };
      await send(hub, "PUT", `/api/services/${encodeURIComponent(service)}`, body);
      this.services.set(service, mark);
      this.marks.push(mark);
    }
  }
}

describe("a hub killed at random under four writers", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "tailherd-kill-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it(`keeps all that it acknowledged, once, over ${ROUNDS} kills`, { timeout: ROUNDS * 15_000 }, async () => {
    const writers = Array.from({ length: WRITERS }, (_, id) => new Writer(id));
    for (let round = 0; round < ROUNDS; round++) {
      await using hub = await HubProcess.start(dir);
      const enough = Promise.withResolvers<void>();
      let left = 1 + Math.floor(Math.random() * 60);
      const running = Promise.all(writers.map((writer) => writer.run(hub, () => --left === 0 && enough.resolve())));
      try {
        await Promise.race([enough.promise, running]);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
      } finally {
        await hub.kill();
      }
      await running;
      await compare(dir, writers);
    }
    assert.ok(
      writers.every(({ marks }) => marks.length >= ROUNDS),
      "too little was written to show anything",
    );
  });
});

async function compare(dir: string, writers: Writer[]): Promise<void> {
  const store = await openSqliteStore({ file: databasePath(dir), clock: systemClock, logger: silentLogger });
  try {
    const services = new Map((await store.listServices()).map(({ name, env }) => [name, env.OP ?? ""]));
    const tokens = new Map((await store.listTokens()).map(({ name, id }) => [name, id]));
    const audit = await store.listAudit({ limit: 1_000_000 });
    const marks = audit.flatMap(({ after }) => (after as { env?: { OP: string } } | null)?.env?.OP ?? []);
    assert.equal(new Set(marks).size, marks.length, "a write stands in the audit twice");
    for (const writer of writers) {
      const { unsure } = writer;
      if (unsure.service !== undefined && unsure.mark !== undefined && services.get(unsure.service) === unsure.mark) {
        writer.services.set(unsure.service, unsure.mark);
      }
      if (unsure.token !== undefined) writer.tokens.set(unsure.token, tokens.get(unsure.token) ?? null);
      writer.unsure = {};
      for (const [name, mark] of writer.services) assert.equal(services.get(name), mark, name);
      for (const [name, id] of writer.tokens) assert.equal(tokens.get(name) ?? null, id, `token ${name}`);
      const audited = new Set(marks);
      for (const mark of writer.marks) assert.ok(audited.has(mark), `the audit lacks ${mark}`);
    }
  } finally {
    await store.close();
  }
}

/** The answer of a request that was acknowledged; rejects with `AssertionError` when it was refused, otherwise when the hub died. */
async function send(hub: HubProcess, method: string, path: string, body?: object): Promise<unknown> {
  const { status, answer } = await hub.request(method, path, body);
  assert.ok(status < 300, `${method} ${path}: ${status} ${JSON.stringify(answer)}`);
  return answer;
}
