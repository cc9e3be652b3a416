// The doors: sessions, tokens, tickets; and what other sites' pages and other names for this machine get.
import assert from "node:assert/strict";
import { stat } from "node:fs/promises";
import { describe, it } from "node:test";
import { TailherdError } from "../../src/contract/errors.ts";
import { FakeClock } from "../../src/base/clock.ts";
import { MINUTE, SECOND } from "../../src/base/units.ts";
import { startTestHub, type Reply, type TestHub } from "../support/hub.ts";

const SAME = { "sec-fetch-site": "same-origin" };

function codeOf(link: string): string {
  return new URL(link).searchParams.get("code") ?? "";
}

function signIn(hub: TestHub, code: string): Promise<Reply> {
  return hub.request("POST /api/session", { body: { code }, headers: SAME });
}

function cookieOf(reply: Reply): string {
  return reply.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
}

describe("a sign-in link", () => {
  it("makes a session once, whose cookie no script and no other site can use", async () => {
    await using hub = await startTestHub({ noAuth: false });
    const code = codeOf(hub.hub.signInLink());
    const signedIn = await signIn(hub, code);
    assert.equal(signedIn.status, 200);
    assert.equal(signedIn.json.role, "admin");
    assert.match(
      String(signedIn.headers["set-cookie"]),
      new RegExp(`^tailherd_${hub.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000$`),
    );
    assert.equal((await signIn(hub, code)).status, 401);
    const cookie = cookieOf(signedIn);
    assert.equal((await hub.request("GET /api/whoami", { headers: { cookie } })).json.kind, "session");
  });

  it("is too old after ten minutes", async () => {
    const clock = new FakeClock(Date.now());
    await using hub = await startTestHub({ noAuth: false, clock });
    const code = codeOf(hub.hub.signInLink());
    clock.advance(10 * MINUTE);
    assert.equal((await signIn(hub, code)).status, 401);
  });

  it("is made by admins only, and cannot be guessed at leisure", async () => {
    await using hub = await startTestHub({ noAuth: false });
    const link = await hub.request("POST /api/sign-in-links", { socket: true });
    assert.ok(link.json.url.startsWith(`${hub.url}/sign-in?code=`));
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 25; attempt++) statuses.push((await signIn(hub, `guess ${attempt}`)).status);
    assert.equal(statuses[0], 401);
    assert.equal(statuses.at(-1), 429);
  });
});

describe("a session", () => {
  it("changes things only with a proof that our own page asked", async () => {
    await using hub = await startTestHub({ noAuth: false });
    const cookie = cookieOf(await signIn(hub, codeOf(hub.hub.signInLink())));
    const post = (headers: Record<string, string>): Promise<Reply> =>
      hub.request("POST /api/settings", { body: {}, headers: { cookie, ...headers } });
    assert.equal((await post({})).status, 403);
    assert.equal((await post({ "sec-fetch-site": "cross-site" })).status, 403);
    assert.equal((await post({ "sec-fetch-site": "same-site" })).status, 403);
    assert.equal((await post({ origin: "http://evil.example" })).status, 403);
    assert.equal((await post({ origin: "null" })).status, 403);
    assert.equal((await post({ origin: hub.url })).status, 200);
    assert.equal((await post(SAME)).status, 200);
  });

  it("ends with signing out, for its open sockets too", async () => {
    await using hub = await startTestHub({ noAuth: false });
    const cookie = cookieOf(await signIn(hub, codeOf(hub.hub.signInLink())));
    const { ticket } = (await hub.request("POST /api/ws-ticket", { headers: { cookie, ...SAME } })).json;
    const probe = await hub.connect({ path: `/ws?ticket=${ticket}`, origin: hub.url });
    const closed = probe.closed();
    const out = await hub.request("DELETE /api/session", { headers: { cookie, ...SAME } });
    assert.match(String(out.headers["set-cookie"]), /Max-Age=0/);
    assert.equal(await closed, 4003);
    assert.equal((await hub.request("GET /api/status", { headers: { cookie } })).status, 401);
  });
});

describe("a token", () => {
  it("is told once, kept as a hash, and closes its sockets and streams when revoked", async () => {
    await using hub = await startTestHub({ noAuth: false });
    const made = (await hub.request("POST /api/tokens", { socket: true, body: { name: "ci", role: "viewer" } })).json;
    const listed = await hub.request("GET /api/tokens", { socket: true });
    assert.ok(!listed.text.includes(made.secret));
    const headers = { authorization: `Bearer ${made.secret}` };
    const probe = await hub.connect({ headers });
    const closed = probe.closed();
    const stream = await fetch(`${hub.url}/api/events`, { headers });
    const ended = stream.text();
    assert.equal((await hub.request(`DELETE /api/tokens/${made.id}`, { socket: true })).status, 200);
    assert.equal(await closed, 4003);
    assert.match(await ended, /^: tailherd/);
    assert.equal((await hub.request("GET /api/status", { token: made.secret })).status, 401);
    assert.equal((await hub.request(`DELETE /api/tokens/${made.id}`, { socket: true })).status, 404);
  });

  it("expires", async () => {
    const clock = new FakeClock(Date.now());
    await using hub = await startTestHub({ noAuth: false, clock });
    const body = { name: "short", role: "viewer", expires_in_days: 0.0001 };
    const { secret } = (await hub.request("POST /api/tokens", { socket: true, body })).json;
    assert.equal((await hub.request("GET /api/status", { token: secret })).status, 200);
    const probe = await hub.connect({ headers: { authorization: `Bearer ${secret}` } });
    const closed = probe.closed();
    clock.advance(10 * SECOND);
    assert.equal(await closed, 4003);
    assert.equal((await hub.request("GET /api/status", { token: secret })).status, 401);
  });

  it("cannot be guessed at leisure, and guesses do not lock out who was let in before", async () => {
    await using hub = await startTestHub({ noAuth: false, adminToken: "the right one".replaceAll(" ", "-") });
    assert.equal((await hub.request("GET /api/status", { token: "the-right-one" })).status, 200);
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 25; attempt++) {
      statuses.push((await hub.request("GET /api/status", { token: `guess-${attempt}` })).status);
    }
    assert.deepEqual([statuses[0], statuses.at(-1)], [401, 429]);
    assert.equal((await hub.request("GET /api/status", { token: "the-right-one" })).status, 200);
  });
});

describe("the socket", () => {
  it("opens with a ticket once, and not with a cookie alone", async () => {
    await using hub = await startTestHub({ noAuth: false });
    const cookie = cookieOf(await signIn(hub, codeOf(hub.hub.signInLink())));
    await assert.rejects(hub.connect({ headers: { cookie } }), /401/);
    const { ticket } = (await hub.request("POST /api/ws-ticket", { headers: { cookie, ...SAME } })).json;
    await hub.connect({ path: `/ws?ticket=${ticket}` });
    await assert.rejects(hub.connect({ path: `/ws?ticket=${ticket}` }), /401/);
  });

  it("does not open for other sites' pages, even where everybody is admin", async () => {
    await using hub = await startTestHub();
    await assert.rejects(hub.connect({ origin: "http://evil.example" }), /403/);
    await assert.rejects(hub.connect({ origin: `http://localhost.evil.example:${hub.port}` }), /403/);
    await assert.rejects(hub.connect({ headers: { "sec-fetch-site": "cross-site" } }), /403/);
    await assert.rejects(hub.connect({ headers: { host: "rebound.example" } }), /403/);
    await assert.rejects(hub.connect({ path: "/other" }), /404/);
    await hub.connect({ origin: `http://localhost:${hub.port}` });
  });
});

describe("names and origins", () => {
  it("answers only to its own names, with the port", async () => {
    await using hub = await startTestHub();
    for (const host of [
      "evil.example",
      "localhost",
      `localhost:${hub.port + 1}`,
      `127.0.0.1.evil.example:${hub.port}`,
    ]) {
      for (const key of ["GET /api/status", "GET /", "GET /health"]) {
        assert.equal((await hub.request(key, { headers: { host } })).status, 403, `${key} at ${host}`);
      }
    }
    for (const name of ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"]) {
      assert.equal((await hub.request("GET /health", { headers: { host: `${name}:${hub.port}` } })).status, 200, name);
    }
  });

  it("believes no header about who calls or from where", async () => {
    await using hub = await startTestHub({ noAuth: false });
    const headers = {
      "tailscale-user-login": "owner@example.com",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-host": "localhost",
      forwarded: "for=127.0.0.1",
      "x-real-ip": "127.0.0.1",
    };
    assert.equal((await hub.request("GET /api/status", { headers })).status, 401);
    assert.equal((await hub.request("GET /api/whoami", { headers })).json.role, null);
  });

  it("does not let other sites' pages ask, not even to read, and never answers with CORS", async () => {
    await using hub = await startTestHub();
    const reply = await hub.request("POST /api/bulk/stop/backend", { headers: { origin: "http://evil.example" } });
    assert.equal(reply.status, 403);
    assert.equal(reply.json.code, "wrong_origin");
    assert.equal((await hub.request("GET /api/status", { headers: { "sec-fetch-site": "cross-site" } })).status, 403);
    const preflight = await hub.request("OPTIONS /api/status", { headers: { origin: "http://evil.example" } });
    assert.equal(preflight.headers["access-control-allow-origin"], undefined);
    const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
    assert.equal((await hub.request("GET /docs", { headers: link })).status, 200);
    assert.equal((await hub.request("POST /api/settings", { body: {}, headers: link })).status, 403);
  });

  it("sends a strict policy with every page and answer", async () => {
    await using hub = await startTestHub();
    for (const key of ["GET /", "GET /docs", "GET /docs.css", "GET /api/status", "GET /api/nothing", "GET /sign-in"]) {
      const { headers } = await hub.request(key);
      const policy = headers["content-security-policy"] as string;
      assert.match(policy, /default-src 'none'.*frame-ancestors 'none'/);
      assert.ok(!policy.includes("unsafe"));
      assert.equal(headers["x-content-type-options"], "nosniff");
      assert.equal(headers["referrer-policy"], "no-referrer");
    }
    assert.equal((await hub.request("GET /api/status")).headers["cache-control"], "no-store");
  });
});

describe("starting", () => {
  it("is refused without authentication when another machine could come in", async () => {
    const listen = [{ host: "100.100.1.2", port: 0 }];
    await assert.rejects(startTestHub({ noAuth: true, listen }), /100\.100\.1\.2 can be reached from other machines/);
  });

  it("is refused on addresses beyond this machine and its tailnet", async () => {
    for (const host of ["0.0.0.0", "::", "192.168.1.10", "nas"]) {
      const listen = [
        { host: "127.0.0.1", port: 0 },
        { host, port: 0 },
      ];
      await assert.rejects(startTestHub({ noAuth: false, listen }), (error: unknown) => {
        assert.ok(error instanceof TailherdError);
        assert.equal(error.code, "refused");
        assert.match(error.message, /outside of the tailnet could reach it; listen on 127\.0\.0\.1.*Tailscale/);
        return true;
      });
    }
  });

  it("makes the unix socket for its user only, and the data directory is refused to a second hub", async () => {
    await using hub = await startTestHub({ noAuth: false });
    assert.equal((await stat(hub.hub.socketPath)).mode & 0o777, 0o600);
    const who = await hub.request("GET /api/whoami", { socket: true });
    assert.deepEqual([who.json.kind, who.json.role], ["local", "admin"]);
    await assert.rejects(startTestHub({ dataDir: hub.dataDir }), /running on it/);
    assert.equal((await hub.request("GET /health", { socket: true })).status, 200);
  });

  it("says in words that an address is taken", async () => {
    await using hub = await startTestHub();
    const listen = [{ host: "127.0.0.1", port: hub.port }];
    await assert.rejects(startTestHub({ listen }), /Cannot listen on 127\.0\.0\.1:\d+: something else listens there/);
  });
});
