// A fleet of hosts with addresses of their own, by the built program: the hub on one, agents on three, and two that have nothing but curl. One is cut
// off from the network and comes back.
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { HubClient } from "../../bench/support/hub-client.ts";
import type { MetricsAnswer } from "../../src/contract/metrics-query.ts";
import type { RegisterResult, ServerNode } from "../../src/contract/server.ts";
import type { ServiceStatus } from "../../src/contract/status.ts";
import { socketPath } from "../../src/runtime/paths.ts";
import { canHaveHosts, type Host, Network } from "../support/hosts.ts";
import { needs } from "../support/needs.ts";
import { endChild, isAlive, pidsWith } from "../support/processes.ts";

const PROGRAM = join(import.meta.dirname, "../../dist/tailherd.js");
const PORT = 8765;
/** So that what the services' programs are is told apart from everything else here. */
const SECONDS = `86${String(process.pid).padStart(7, "0")}`;

/** The fleet, with what has to end. */
class Fleet implements AsyncDisposable {
  readonly network = new Network();
  readonly dir: string;
  readonly hub: HubClient;
  readonly hubHost: Host;
  private readonly children: ChildProcess[] = [];

  private constructor(dir: string) {
    this.dir = dir;
    this.hub = new HubClient(socketPath(join(dir, "hub")));
    this.hubHost = this.network.host(1);
  }

  static async start(): Promise<Fleet> {
    const fleet = new Fleet(await mkdtemp(join(tmpdir(), "tailherd-hosts-")));
    const env = { ...process.env, TAILHERD_DATA_DIR: join(fleet.dir, "hub") };
    const listen = ["--listen", `${fleet.hubHost.address}:${PORT}`, "--server-name", "hub"];
    fleet.begin(fleet.hubHost, [process.execPath, PROGRAM, "up", ...listen], env);
    await until("the hub answers", () => fleet.hub.text("GET", "/health").then(Boolean, () => false));
    await fleet.hub.json("POST", "/api/settings", { update_interval_seconds: 1 });
    return fleet;
  }

  get url(): string {
    return `http://${this.hubHost.address}:${PORT}`;
  }

  async token(): Promise<string> {
    return (await this.hub.json<{ secret: string }>("POST", "/api/join-tokens", {})).secret;
  }

  /** Starts an agent on a new host. */
  async member(number: number, name: string, ...tags: string[]): Promise<Host> {
    const host = this.network.host(number);
    const env = { ...process.env, TAILHERD_DATA_DIR: join(this.dir, name), TAILHERD_JOIN_TOKEN: await this.token() };
    const facts = ["--hub", this.url, "--name", name, ...tags.flatMap((tag) => ["--tag", tag])];
    this.begin(host, [process.execPath, PROGRAM, "agent", ...facts], env);
    return host;
  }

  async server(name: string): Promise<ServerNode> {
    return await this.hub.json<ServerNode>("GET", `/api/servers/${name}`);
  }

  async status(service: string): Promise<ServiceStatus> {
    return await this.hub.json<ServiceStatus>("GET", `/api/services/${service}/status`);
  }

  /** Times of a server's samples. */
  async history(server: string, metric: string): Promise<number[]> {
    const query = new URLSearchParams({ server, metric, step: "1" });
    const answer = await this.hub.json<MetricsAnswer>("GET", `/api/metrics/query?${query.toString()}`);
    return answer.series.flatMap(({ points }) => points.map(([at]) => at));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hub.close();
    for (const child of this.children.toReversed()) await endChild(child, "SIGKILL");
    // Services outlive their agents by promise, and their shims with them.
    for (const pid of [...pidsWith(this.dir), ...pidsWith(SECONDS)]) process.kill(pid, "SIGKILL");
    this.network[Symbol.dispose]();
    await rm(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }

  private begin(host: Host, command: string[], env: NodeJS.ProcessEnv): void {
    this.children.push(host.start(command, { env, stdio: "ignore" }));
  }
}

/** Nothing but curl. */
function bareNode(
  fleet: Fleet,
  number: number,
): { host: Host; post: (path: string, token: string, body: object) => unknown } {
  const host = fleet.network.host(number);
  return {
    host,
    post: (path, token, body) => {
      const headers = ["-H", `authorization: Bearer ${token}`, "-H", "content-type: application/json"];
      const sent = ["--data", JSON.stringify(body), fleet.url + path];
      return JSON.parse(host.run("curl", "--silent", "--show-error", "--max-time", "10", ...headers, ...sent));
    },
  };
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, `did not come to be: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("hosts of a network", { timeout: 150_000 }, () => {
  it("are one fleet, also when one of them was away", async (t) => {
    if (!needs(t, canHaveHosts(), "network namespaces (root, iproute2, util-linux)")) return;
    await using fleet = await Fleet.start();
    const web1 = await fleet.member(11, "web-1", "web");
    await fleet.member(12, "web-2", "web");
    await fleet.member(13, "db-1", "db");
    for (const number of [21, 22]) {
      const { host, post } = bareNode(fleet, number);
      const name = `bare-${number}`;
      const registered = post("/api/servers/register", await fleet.token(), { name, host: name }) as RegisterResult;
      const beat = `/api/servers/${registered.server_id}/heartbeat`;
      post(beat, registered.credential, { metrics: { cpu_percent: number, queue_length: 3 } });
      assert.equal((await fleet.server(name)).ip, host.address);
    }
    const names = ["hub", "web-1", "web-2", "db-1", "bare-21", "bare-22"];
    await until("all are online", async () => {
      const servers = await fleet.hub.json<ServerNode[]>("GET", "/api/servers");
      const measured = servers.filter(({ last_metrics }) => last_metrics.cpu_percent !== undefined);
      return names.every((name) => measured.some((server) => server.name === name));
    });

    const define = (name: string, placement: object): Promise<unknown> => {
      const service = { name, start_cmd: `echo here; exec sleep ${SECONDS}`, working_dir: "/", placement };
      return fleet.hub.json("POST", "/api/services", service);
    };
    await define("site", { tags: ["web"] });
    await define("base", { servers: ["db-1"] });
    await define("home", {});
    for (const name of ["site", "base", "home"]) await fleet.hub.json("POST", `/api/services/${name}/start`);
    const places = async (service: string): Promise<string[]> =>
      (await fleet.status(service)).instances.flatMap((each) => (each.state === "running" ? [each.server] : []));
    assert.deepEqual(await places("site"), ["web-1", "web-2"]);
    assert.deepEqual(await places("base"), ["db-1"]);
    assert.deepEqual(await places("home"), ["hub"]);
    assert.equal(pidsWith(SECONDS).filter((pid) => isAlive(pid)).length >= 4, true);

    const before = (await fleet.status("site")).instances;
    const pid = before.find(({ server }) => server === "web-1")?.pid ?? 0;
    web1.plug(false);
    await until("web-1 is offline", async () => (await fleet.server("web-1")).state === "offline");
    const cutAt = Date.now();
    const { instances, running } = await fleet.status("site");
    assert.equal(running, true, "the other one runs");
    assert.deepEqual(
      instances.map(({ server, stale }) => [server, stale]),
      [
        ["web-1", true],
        ["web-2", false],
      ],
    );
    assert.ok(isAlive(pid), "the service does not care");
    // It has to measure something that it cannot tell.
    await until("some seconds pass", async () => Date.now() - cutAt > 3000);
    const backAt = Date.now();
    web1.plug(true);
    await until("web-1 is back", async () => (await fleet.server("web-1")).online);
    const again = (await fleet.status("site")).instances.find(({ server }) => server === "web-1");
    assert.deepEqual([again?.pid, again?.stale], [pid, false]);

    for (const name of names) {
      const times = await fleet.history(name, "cpu_percent");
      assert.ok(times.length > 0, `${name} has a history`);
    }
    await until("what web-1 measured meanwhile is told", async () => {
      const times = await fleet.history("web-1", "cpu_percent");
      return times.some((at) => at > cutAt && at < backAt);
    });
    assert.equal((await fleet.history("bare-21", "queue_length")).length, 1);
    const { id } = await fleet.server("bare-21");
    const unknown = await fleet.hub.json("GET", `/api/servers/${id}/top`);
    assert.deepEqual(unknown, { at: null, processes: [] }, "a bare node tells of no processes");
    for (const name of ["site", "base", "home"]) {
      // web-1 may be dialling once more: the link that it had before was carried on for a moment.
      const stopped = (): Promise<boolean> =>
        fleet.hub.text("POST", `/api/services/${name}/stop`).then(
          () => true,
          () => false,
        );
      await until(`${name} has stopped`, stopped);
    }
    assert.deepEqual(
      pidsWith(SECONDS).filter((each) => isAlive(each)),
      [],
    );
  });
});
