// Stands in for a hub before a browser: serves the built dashboard, answers the little that its overview asks, and changes as many
// services as wanted, so that what is measured is the browser's part alone.
import { once } from "node:events";
import { createReadStream, existsSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { WebSocketServer, type WebSocket } from "ws";
import type { ServerMessage } from "../../src/contract/live.ts";
import { settingsSchema } from "../../src/contract/settings.ts";
import type { InstanceStatus, ServiceStatus, SystemStats } from "../../src/contract/status.ts";
import type { Principal } from "../../src/contract/transfer.ts";
import { VERSION } from "../../src/runtime/version.ts";

const KINDS = ["backend", "frontend", "other"] as const;
const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
const START = Date.now() - 3_600_000;
const PRINCIPAL: Principal = { kind: "anonymous", name: "bench", role: "admin", reason: "a stand-in" };
const STATS: SystemStats = {
  cpu_percent: 20,
  memory_percent: 40,
  memory_used_gb: 6,
  memory_total_gb: 15,
  disk_percent: 30,
  disk_used_gb: 60,
  disk_total_gb: 200,
  load_1: 1,
  load_5: 1,
  load_15: 1,
  cores: 4,
  swap_percent: 0,
  uptime: 100_000,
  processes: 1200,
};

/** A stand-in that runs. */
export interface StandInHub extends AsyncDisposable {
  url: string;
  /** Tells new numbers of the services from place `from` on to every browser, as one message. */
  change(from: number, count: number): void;
}

/** Starts one on a free port of loopback, with `services` services of which one in fifty needs somebody. */
export async function startStandInHub(webRoot: string, services: number): Promise<StandInHub> {
  let turn = 0;
  const row = (index: number): ServiceStatus => statusOf(index, turn);
  const rows = (from: number, count: number): ServiceStatus[] =>
    Array.from({ length: count }, (_, place) => row((from + place) % services));
  const server = createServer((request, response) => answer(request, response, webRoot));
  const sockets = new Set<WebSocket>();
  const live = new WebSocketServer({ server, path: "/ws" });
  live.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.once("message", () => {
      const settings = settingsSchema.parse({});
      const data = { statuses: rows(0, services), stats: STATS, settings, version: VERSION, server_time: Date.now() };
      send(socket, { type: "snapshot", data });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    change(from, count) {
      turn += 1;
      for (const socket of sockets) {
        send(socket, { type: "status_changed", data: rows(from, count) });
        // With each sample of the machine, as a hub does.
        if (from === 0) send(socket, { type: "system_stats", data: STATS });
      }
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.terminate();
      live.close();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function send(socket: WebSocket, message: ServerMessage): void {
  socket.send(JSON.stringify(message));
}

function answer(request: IncomingMessage, response: ServerResponse, webRoot: string): void {
  const path = new URL(request.url ?? "/", "http://stand-in").pathname;
  const json = (value: unknown): void =>
    void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
  if (path === "/api/whoami") return json(PRINCIPAL);
  if (path === "/api/ws-ticket") return json({ ticket: "bench" });
  if (path === "/api/series/recent") return json({ step: 5, cpu: {} });
  if (path.startsWith("/api/")) return json([]);
  const file = join(webRoot, path === "/" ? "index.html" : path);
  if (!file.startsWith(webRoot) || !existsSync(file)) return void response.writeHead(404).end();
  response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
  createReadStream(file).pipe(response);
}

function statusOf(index: number, turn: number): ServiceStatus {
  const name = `service-${String(index).padStart(4, "0")}`;
  const failed = index % 50 === 49;
  const instance = instanceOf(name, index, turn, failed);
  return {
    name,
    kind: KINDS[index % KINDS.length] ?? "other",
    running: !failed,
    processes: instance.processes,
    pid_count: instance.processes.length,
    ports: [20_000 + index],
    port_status: instance.port_status,
    detected_ports: [],
    api_url: null,
    tailscale_url: null,
    description: `Number ${index} of the herd`,
    runtime: {
      uptime: "1h 0m",
      start_time: instance.started_at,
      errors: [],
      restart_count: instance.restart_count,
      last_error: instance.reason,
    },
    state: instance.state,
    reason: instance.reason,
    health: null,
    ready: instance.ready === true,
    instances: [instance],
    desired: "running",
    stopped_instances: [],
    stopped_servers: [],
    placed_on: [instance.server_id],
    revision: 1,
    owner: null,
    labels: { env: index % 2 === 0 ? "prod" : "test" },
    observed_at: new Date().toISOString(),
  };
}

function instanceOf(
  service: string,
  index: number,
  turn: number,
  failed: boolean,
): InstanceStatus & { stale: boolean } {
  const started_at = new Date(START + index * 1000).toISOString();
  const pid = failed ? null : 10_000 + index;
  const cpu = failed ? null : Math.abs(Math.sin(index + turn / 3)) * 40;
  const memory = failed ? null : 20e6 + ((index * 7919 + turn * 104_729) % 400) * 1e6;
  const process = { ppid: 1, name: "node", create_time: START / 1000, command: `node ${service}.js`, user: "bench" };
  return {
    service,
    server_id: "s1",
    server: "bench",
    index: 0,
    state: failed ? "fatal" : "running",
    reason: failed ? "exit 1, 10 restarts in a row; gave up" : null,
    since: started_at,
    pid,
    started_at: failed ? null : started_at,
    revision: 1,
    generation: 1,
    restart_count: failed ? 10 : 0,
    next_start_at: null,
    cpu,
    memory,
    memory_kind: failed ? null : "cgroup",
    threads: failed ? null : 7,
    open_files: failed ? null : 20,
    read_bytes: null,
    write_bytes: null,
    processes: pid === null ? [] : [{ ...process, pid, cpu: cpu ?? 0, memory: memory ?? 0, threads: 7 }],
    port_status: [{ port: 20_000 + index, in_use: !failed, accessible: !failed, pid, command: "node", own: !failed }],
    detected_ports: [],
    last_exit: null,
    limits_note: null,
    ready: !failed,
    checks: [],
    stale: false,
  };
}
