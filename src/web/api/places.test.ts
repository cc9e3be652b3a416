import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServiceStatus } from "../../contract/status.ts";
import { isAllStale, placesOf } from "./places.ts";

const status = (instances: [id: string, stale: boolean][], placed_on: string[]): ServiceStatus =>
  ({
    placed_on,
    instances: instances.map(([id, stale]) => ({ server_id: id, server: `name ${id}`, stale })),
  }) as unknown as ServiceStatus;

test("a service is where its instances are, and where it belongs although nothing was told from there", () => {
  const places = placesOf(
    status(
      [
        ["b", true],
        ["a", false],
        ["b", true],
      ],
      ["b", "c", "d"],
    ),
    (id) => (id === "c" ? "name c" : undefined),
  );
  assert.deepEqual(places, [
    { id: "d", name: "d", stale: false, untold: true },
    { id: "a", name: "name a", stale: false, untold: false },
    { id: "b", name: "name b", stale: true, untold: false },
    { id: "c", name: "name c", stale: false, untold: true },
  ]);
});

test("a service is old when all that is known of it is, and not before anything is known", () => {
  assert.deepEqual(
    [
      [["a", true]],
      [
        ["a", true],
        ["b", false],
      ],
      [],
    ].map((all) => isAllStale(status(all as [string, boolean][], []))),
    [true, false, false],
  );
});
