// Rows of status for tests that need some and not a process.
import { HOUR } from "../../src/base/units.ts";
import type { InstanceState, InstanceStatus, ServiceStatus } from "../../src/contract/status.ts";

/** Two hours ago: uptimes keep their width, whenever the test runs. */
const AT = new Date(Date.now() - 2 * HOUR).toISOString();

/** One instance; running ones have a pid. */
export function instanceRow(service: string, state: InstanceState, index = 0): InstanceStatus & { stale: boolean } {
  const runs = state === "running" || state === "external";
  return {
    service,
    server_id: "0b0c1c5e-6a3b-4c8e-9a39-0a8f3c6a1f11",
    server: "here",
    index,
    state,
    reason: state === "fatal" ? "exit 1, gave up after 10 restarts" : null,
    since: AT,
    pid: runs ? 4000 + index : null,
    started_at: runs ? AT : null,
    revision: runs ? 1 : null,
    generation: 1,
    restart_count: 0,
    next_start_at: null,
    cpu: runs ? 1.25 : null,
    memory: runs ? 12_345_678 : null,
    memory_kind: runs ? "rss" : null,
    threads: runs ? 3 : null,
    open_files: runs ? 12 : null,
    read_bytes: null,
    write_bytes: null,
    processes: [],
    port_status: [],
    detected_ports: [],
    last_exit: null,
    limits_note: null,
    ready: runs,
    checks: [],
    stale: false,
  };
}

/** One row of `GET /api/status`. */
export function statusRow(name: string, state: InstanceState, more: Partial<ServiceStatus> = {}): ServiceStatus {
  const instance = instanceRow(name, state);
  return {
    name,
    kind: "other",
    running: instance.pid !== null,
    processes: [],
    pid_count: instance.pid === null ? 0 : 1,
    ports: [],
    port_status: [],
    detected_ports: [],
    api_url: null,
    tailscale_url: null,
    description: null,
    runtime: { uptime: null, start_time: null, errors: [], restart_count: 0, last_error: null },
    state,
    reason: instance.reason,
    health: null,
    ready: instance.ready === true,
    instances: [instance],
    placed_on: [instance.server_id],
    desired: instance.pid === null ? "stopped" : "running",
    stopped_instances: [],
    stopped_servers: [],
    revision: 1,
    owner: null,
    labels: {},
    observed_at: AT,
    ...more,
  };
}
