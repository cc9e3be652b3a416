import assert from "node:assert/strict";
import { test } from "node:test";
import type { Listener } from "../../../contract/agent.ts";
import type { ServiceStatus } from "../../../contract/status.ts";
import { portRows } from "./port-rows.ts";

const listener = (port: number, service: string | null, pid = port, address = "0.0.0.0"): Listener => ({
  port,
  address,
  family: address.includes(":") ? "ipv6" : "ipv4",
  pid,
  command: `program-${pid}`,
  service,
});
const service = (name: string, ports: number[], running = true): ServiceStatus =>
  ({ name, ports, running }) as ServiceStatus;
const states = (rows: { port: number; state: string }[]) => rows.map(({ port, state }) => `${port} ${state}`);

test("portRows() says what is wrong with each port, problems first", () => {
  const rows = portRows(
    [listener(22, null), listener(8000, "api"), listener(3000, null), listener(9999, "api")],
    [
      service("api", [8000]),
      service("web", [3000]),
      service("a", [5000]),
      service("b", [5000]),
      service("c", [6000]),
      service("d", [7000], false),
    ],
  );
  assert.deepEqual(states(rows), [
    "5000 conflict",
    "3000 stranger",
    "6000 silent",
    "22 foreign",
    "7000 free",
    "8000 ok",
    "9999 undeclared",
  ]);
});

test("portRows() joins the addresses and holders of one port", () => {
  const rows = portRows([listener(80, null, 7), listener(80, null, 7, "::"), listener(80, null, 8, "127.0.0.1")], []);
  assert.equal(rows.length, 1);
  assert.deepEqual(rows[0]?.addresses, ["0.0.0.0", "::", "127.0.0.1"]);
  assert.deepEqual(
    rows[0]?.holders.map((holder) => holder.pid),
    [7, 8],
  );
});
