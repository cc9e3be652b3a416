import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { createServer as createHttp, type RequestListener, type Server } from "node:http";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, createServer as createTcp, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { checkSchema } from "../../../contract/checks.ts";
import type { LogLine } from "../../../contract/status.ts";
import { serviceSpecSchema } from "../../../contract/service.ts";
import type { OutputLog } from "../../spool/output-log.ts";
import { buildLaunch } from "../../supervisor/launch-script.ts";
import type { Outcome } from "../judge.ts";
import { NO_BEATS, NO_NOTIFY } from "../../../../test/support/deaf.ts";
import { openProbe } from "./open-probe.ts";
import type { Probe, Subject } from "./probe.ts";

const TLS = join(import.meta.dirname, "../../../../test/fixtures/tls");
const WELL: Outcome = { ok: true, message: null };

/** What the test's service prints. */
class Printed {
  lines: LogLine[] = [];
  private readonly heard = new Set<(lines: LogLine[]) => void>();

  print(text: string, ts = Date.now(), stream: LogLine["stream"] = "stdout"): void {
    const line = { cursor: "", ts, stream, text, cut: false };
    this.lines.push(line);
    for (const hear of this.heard) hear([line]);
  }

  get log(): OutputLog {
    return {
      read: async () => ({ lines: this.lines, more_before: false, more_after: false, dropped: 0 }),
      drain: async () => undefined,
      follow: (_: unknown, hear: (lines: LogLine[]) => void) => {
        this.heard.add(hear);
        return { [Symbol.dispose]: () => this.heard.delete(hear) };
      },
    } as unknown as OutputLog;
  }
}

describe("probes", () => {
  let directory: string;
  let printed: Printed;
  let now: () => number;
  let launchedAt: number;
  /** How often a probe said that a look would find otherwise. */
  let turns = 0;
  const open: (Server | ReturnType<typeof createTcp>)[] = [];
  const sockets = new Set<Socket>();

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "tailherd-probes-"));
    printed = new Printed();
    launchedAt = Date.now();
    turns = 0;
    now = Date.now;
  });
  afterEach(() => {
    for (const server of open.splice(0)) server.close();
    for (const socket of sockets) socket.destroy();
    rmSync(directory, { recursive: true });
  });

  const subject = (env: Record<string, string> = {}): Subject => {
    const spec = serviceSpecSchema.parse({
      name: "s",
      start_cmd: "x",
      working_dir: directory,
      env,
      secrets: ["SECRET"],
    });
    return {
      launch: () => buildLaunch(spec, 0, "m", { stdoutFile: "/dev/null", stderrFile: "/dev/null" }),
      launchedAt,
      output: printed.log,
      now: () => now(),
      notify: NO_NOTIFY,
      beats: NO_BEATS,
      hide: (text) => (env["SECRET"] === undefined ? text : text.replaceAll(env["SECRET"], "•••")),
    };
  };
  const probeOf = (check: object, { ports = [] as number[], env = {}, passed = false } = {}): Probe =>
    openProbe(checkSchema.parse({ name: "c", ...check }), {
      ports,
      subject: subject(env),
      passed,
      turned: () => (turns += 1),
    });
  const ask = (probe: Probe): Promise<Outcome> =>
    new Promise((resolve) => void probe.look((outcome) => resolve(outcome ?? { ok: false, message: "nobody looked" })));
  const look = (check: object, more = {}): Promise<Outcome> => ask(probeOf(check, more));
  const listen = async (server: Server | ReturnType<typeof createTcp>, host = "127.0.0.1"): Promise<number> => {
    open.push(server);
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      // Some are cut in the middle of what they say.
      socket.on("error", () => undefined);
    });
    server.listen(0, host);
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  };
  const serve = (answer: RequestListener): Promise<number> => listen(createHttp(answer));
  const silent = (): Promise<number> => listen(createTcp(() => undefined));
  const gone = async (): Promise<number> => {
    const port = await silent();
    open.pop()?.close();
    return port;
  };

  describe("tcp", () => {
    it("passes where somebody listens, on either loopback address, and says why it does not", async () => {
      const port = await silent();
      assert.deepEqual(await look({ kind: "tcp", port }), WELL);
      assert.deepEqual(await look({ kind: "tcp" }, { ports: [port] }), WELL);
      const six = await listen(createTcp(), "::1");
      assert.deepEqual(await look({ kind: "tcp", port: six }), WELL);
      const none = await gone();
      assert.deepEqual(await look({ kind: "tcp", port: none }), {
        ok: false,
        message: `connection refused (port ${none})`,
      });
    });

    it("does not connect to metadata addresses, whatever they are called", async () => {
      for (const host of ["169.254.169.254", "0xa9fea9fe", "::ffff:a9fe:a9fe"]) {
        const { ok, message } = await look({ kind: "tcp", host, port: 80 });
        assert.equal(ok, false);
        assert.match(message ?? "", /link-local, metadata/);
      }
    });
  });

  describe("http", () => {
    it("asks as it is told, and judges status and body", async () => {
      const seen: string[] = [];
      const port = await serve((request, response) => {
        seen.push(`${request.method} ${request.url} ${request.headers.host} ${String(request.headers["x-key"])}`);
        response.writeHead(request.url === "/ill" ? 500 : 200).end('{"status": "up", "since": 4}');
      });
      const check = { kind: "http", port, headers: { "X-Key": "v" } };
      assert.deepEqual(await look({ ...check, path: "/a?b=c", method: "POST" }), WELL);
      assert.deepEqual(seen, [`POST /a?b=c localhost:${port} v`]);
      assert.deepEqual(await look({ ...check, path: "/ill" }), { ok: false, message: "status 500, not 200-399" });
      assert.deepEqual(await look({ ...check, path: "/ill", status: [404, "5xx"] }), WELL);
      assert.deepEqual(await look({ ...check, body: '"status": "up"*4' }), WELL);
      assert.deepEqual(await look({ ...check, body: "down" }), { ok: false, message: 'the body lacks "down"' });
      assert.deepEqual(
        await look({ kind: "http", url: `http://127.0.0.1:${port}/x`, headers: { host: "site" } }),
        WELL,
      );
      assert.equal(seen.at(-1), "GET /x site undefined");
    });

    it("makes a connection of its own for each look", async () => {
      const server = createHttp((_, response) => response.end("ok"));
      const port = await listen(server);
      let connections = 0;
      server.on("connection", () => (connections += 1));
      const probe = probeOf({ kind: "http", port });
      await ask(probe);
      await ask(probe);
      assert.equal(connections, 2);
      open.pop();
      server.close();
      server.closeAllConnections();
      assert.match((await ask(probe)).message ?? "", /^connection refused/);
    });

    it("takes a redirect for an answer, and follows it nowhere", async () => {
      let followed = false;
      const port = await serve((request, response) => {
        followed ||= request.url === "/next";
        response.writeHead(302, { location: "/next" }).end();
      });
      assert.deepEqual(await look({ kind: "http", port }), WELL);
      assert.deepEqual(await look({ kind: "http", port, status: ["2xx"] }), {
        ok: false,
        message: "status 302, not 2xx",
      });
      assert.equal(followed, false);
    });

    it("names what comes instead of an answer", async () => {
      const closes = await listen(createTcp((socket) => socket.end()));
      assert.match((await look({ kind: "http", port: closes })).message ?? "", /^closed without an answer/);
      const talks = await listen(createTcp((socket) => socket.end("SSH-2.0-OpenSSH\r\n")));
      assert.match((await look({ kind: "http", port: talks })).message ?? "", /^what came is no HTTP/);
      assert.match((await look({ kind: "http", url: "http://[fe80::1]/" })).message ?? "", /link-local/);
    });

    it("is cut while nothing comes, or half an answer, and is not heard of again", async () => {
      const hangs = await silent();
      const half = await listen(createTcp((socket) => socket.write("HTTP/1.1 200 OK\r\ncontent-le")));
      for (const port of [hangs, half]) {
        const server = open.find((one) => (one.address() as AddressInfo).port === port);
        const connected = once(server as Server, "connection");
        const cut = probeOf({ kind: "http", port }).look(() => assert.fail("it was cut"));
        const [socket] = (await connected) as [Socket];
        socket.resume();
        const closed = new Promise((resolve) => socket.once("close", resolve));
        cut();
        await closed;
      }
    });

    it("needs no end of a body that nobody asked about, and no more of one than 64 KiB", async () => {
      const piece = "x".repeat(16_384);
      const port = await serve((_, response) => {
        response.writeHead(200);
        const more = (): void => {
          while (!response.destroyed && response.write(piece));
        };
        response.on("drain", more);
        response.write("begin");
        more();
      });
      assert.deepEqual(await look({ kind: "http", port }), WELL);
      assert.deepEqual(await look({ kind: "http", port, body: "begin" }), WELL);
      assert.equal((await look({ kind: "http", port, body: "end" })).ok, false);
    });

    it("refuses a certificate that does not hold, unless it is told to trust or to look away", async () => {
      const cert = join(TLS, "cert.pem");
      const pair = { key: readFileSync(join(TLS, "key.pem")), cert: readFileSync(cert) };
      const port = await listen(createHttps(pair, (_, response) => response.end("safe")));
      const check = { kind: "http", port };
      assert.match((await look({ ...check, tls: {} })).message ?? "", /^the certificate is self-signed/);
      assert.deepEqual(await look({ ...check, tls: { verify: false }, body: "safe" }), WELL);
      assert.deepEqual(await look({ ...check, tls: { ca_file: cert } }), WELL);
      const other = await look({ ...check, tls: { ca_file: cert, server_name: "elsewhere" } });
      assert.match(other.message ?? "", /^the certificate is for another name/);
      assert.match(
        (await look({ ...check, tls: { ca_file: "none.pem" } })).message ?? "",
        /^tls.ca_file none.pem: no such/,
      );
      const plain = await serve((_, response) => response.end());
      assert.match((await look({ kind: "http", port: plain, tls: {} })).message ?? "", /^TLS failed/);
    });
  });

  describe("exec", () => {
    it("passes with code 0; what it said last is told, without secrets and control characters", async () => {
      const env = { WORD: "there", SECRET: "hush-hush" };
      assert.deepEqual(await look({ kind: "exec", command: "true" }), WELL);
      assert.deepEqual(await look({ kind: "exec", command: 'echo first; echo "$WORD in $PWD" >&2' }, { env }), {
        ok: true,
        message: `there in ${directory}`,
      });
      const failed = await look(
        { kind: "exec", command: ["sh", "-c", 'printf "\\033]0;x\\007%s\\n" "$SECRET"; exit 3'] },
        { env },
      );
      assert.deepEqual(failed, { ok: false, message: "exit 3: •••" });
      assert.deepEqual(await look({ kind: "exec", command: "kill -9 $$" }), {
        ok: false,
        message: "killed by SIGKILL",
      });
      assert.match(
        (await look({ kind: "exec", command: ["no-such-program"] })).message ?? "",
        /^no-such-program: no such file/,
      );
    });

    it("does not wait for what it left running", async () => {
      const { ok, message } = await look({ kind: "exec", command: "sleep 30 & echo $!" });
      assert.equal(ok, true);
      process.kill(Number(message), "SIGKILL");
    });

    it("ends with all it started when it is cut", async () => {
      const file = join(directory, "pid");
      const cut = probeOf({
        kind: "exec",
        command: `sleep 60 & echo $! > ${file}.new; mv ${file}.new ${file}; wait`,
      }).look(() => assert.fail("it was cut"));
      const pid = await until(() => Number(readFileSync(file, "utf8")) || undefined);
      cut();
      await until(() => (isGone(pid) ? true : undefined));
    });
  });

  describe("log", () => {
    const check = { kind: "log", match: "listening on *" };

    it("passes once a line has come since the start, also one from before it looked", async () => {
      printed.print("listening on 1", launchedAt - 1);
      printed.print("listening on 2", launchedAt, "tailherd");
      const probe = probeOf(check);
      assert.deepEqual(await ask(probe), { ok: false, message: 'no line held "listening on *" yet' });
      assert.equal(turns, 0);
      printed.print("now listening on 3");
      printed.print("listening on 4");
      assert.equal(turns, 1, "told when it turns, not with each line");
      assert.deepEqual(await ask(probe), WELL);
      assert.deepEqual(await look(check), WELL);
      probe.close?.();
      printed.lines = [];
      assert.deepEqual(await look(check, { passed: true }), WELL);
    });

    it("wants a line as often as it says, the first one as soon after the start", async () => {
      const probe = probeOf({ ...check, within: 10 });
      assert.equal((await ask(probe)).ok, true);
      now = () => launchedAt + 10_001;
      assert.deepEqual(await ask(probe), { ok: false, message: 'no line held "listening on *" for 10 s' });
      printed.print("listening on 4", launchedAt + 9000);
      assert.equal((await ask(probe)).ok, true);
      now = () => launchedAt + 19_001;
      assert.equal((await ask(probe)).ok, false);
    });

    it("fails for a line that must not come, for as long as that counts", async () => {
      const probe = probeOf({ kind: "log", match: "deadlock", expect: "absent", within: 60 });
      assert.deepEqual(await ask(probe), WELL);
      printed.print("deadlock found", launchedAt + 5);
      assert.deepEqual(await ask(probe), { ok: false, message: 'a line held "deadlock"' });
      now = () => launchedAt + 60_006;
      assert.deepEqual(await ask(probe), WELL);
      const forever = probeOf({ kind: "log", match: "deadlock", expect: "absent" });
      assert.equal((await ask(forever)).ok, false);
    });
  });

  describe("heartbeat", () => {
    it("wants the file touched in time, and gives a new start as long for its first time", async () => {
      const file = join(directory, "beat");
      const probe = probeOf({ kind: "heartbeat", file: "beat", within: 5 });
      assert.deepEqual(await ask(probe), WELL);
      now = () => launchedAt + 5001;
      assert.deepEqual(await ask(probe), { ok: false, message: `${file} is not there` });
      writeFileSync(file, "");
      utimesSync(file, new Date(launchedAt + 4000), new Date(launchedAt + 4000));
      assert.deepEqual(await ask(probe), WELL);
      now = () => launchedAt + 9500;
      assert.deepEqual(await ask(probe), { ok: false, message: `${file} was touched 5.5 s ago` });
    });
  });
});

async function until<T>(look: () => T | undefined): Promise<T> {
  for (;;) {
    try {
      const found = look();
      if (found !== undefined) return found;
    } catch {
      // Not there yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // Killed, and not collected by whoever inherited it.
    return readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return true;
  }
}
