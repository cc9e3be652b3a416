import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServerNode } from "../../contract/server.ts";
import { ServerStore } from "./server-store.ts";

function server(id: string, more: Partial<ServerNode> = {}): ServerNode {
  return { id, name: id, state: "online", last_seen: null, last_metrics: {}, tags: [], ...more } as ServerNode;
}

function openStore(): { store: ServerStore; heard: string[] } {
  const store = new ServerStore((act) => act());
  const heard: string[] = [];
  store.shape.subscribe(() => heard.push("shape"));
  for (const id of ["a", "b"]) store.signal(id).subscribe(() => heard.push(id));
  return { store, heard };
}

test("a heartbeat tells of its server only; a change of state tells of the fleet too", () => {
  const { store, heard } = openStore();
  store.reset([server("b"), server("a", { last_metrics: { cpu_percent: 1 } })]);
  heard.length = 0;
  store.change([server("a", { last_metrics: { cpu_percent: 2 }, last_seen: "2026-01-01T00:00:00Z" })], []);
  assert.deepEqual(heard, ["a"]);
  assert.equal(store.all()[0]?.last_metrics["cpu_percent"], 2);
  heard.length = 0;
  store.change([server("a", { state: "offline" })], []);
  assert.deepEqual(heard.toSorted(), ["a", "shape"]);
});

test("what the hub leaves out of all servers is gone, and names are looked up after ids", () => {
  const { store } = openStore();
  store.reset([server("a", { name: "web 10" }), server("b", { name: "web 2" })]);
  assert.deepEqual(
    store.all().map(({ name }) => name),
    ["web 2", "web 10"],
  );
  assert.equal(store.find("web 2")?.id, "b");
  store.reset([server("b", { name: "a" })]);
  assert.equal(store.get("a"), undefined);
  assert.equal(store.find("a")?.id, "b");
});
