import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { orderActs } from "./act-order.ts";
import type { Depending } from "./graph.ts";

const NAMES = ["a", "b", "c", "d", "e", "f"];
const needs = { condition: "started", restart: false } as const;

const services: fc.Arbitrary<Depending[]> = fc
  .tuple(...NAMES.map((_, at) => fc.subarray(NAMES.slice(0, at))))
  .map((lists) =>
    NAMES.map((name, at) => ({ name, depends_on: Object.fromEntries((lists[at] ?? []).map((one) => [one, needs])) })),
  );
const some = fc.subarray(NAMES, { minLength: 1 });
const action = fc.constantFrom("start", "stop", "kill", "restart");

/** Does one lead to the other, also by what is not acted on? */
function leadsTo(all: readonly Depending[], from: string, to: string): boolean {
  const direct = Object.keys(all.find(({ name }) => name === from)?.depends_on ?? {});
  return direct.includes(to) || direct.some((next) => leadsTo(all, next, to));
}

describe("orderActs()", () => {
  it("lets each start wait for all it leads to, each stop for all that lead to it, and for nothing else", () => {
    fc.assert(
      fc.property(services, some, action, (all, names, what) => {
        const order = orderActs(what, names, all);
        assert.deepEqual(order.map(({ service }) => service).toSorted(), names.toSorted());
        const stops = what === "stop" || what === "kill";
        for (const [at, { service, after }] of order.entries()) {
          const expected = names.filter((name) => (stops ? leadsTo(all, name, service) : leadsTo(all, service, name)));
          assert.deepEqual(after.toSorted(), expected.toSorted());
          const before = order.slice(0, at).map((one) => one.service);
          assert.ok(after.every((name) => before.includes(name)));
        }
      }),
    );
  });

  it("keeps the order it was given where nothing depends on anything, and names all once", () => {
    const plain = ["b", "a"].map((name) => ({ name, depends_on: {} }));
    assert.deepEqual(orderActs("start", ["b", "a", "b"], plain), [
      { service: "b", after: [] },
      { service: "a", after: [] },
    ]);
  });

  it("waits for nothing within a circle", () => {
    const circle = [
      { name: "a", depends_on: { b: needs } },
      { name: "b", depends_on: { a: needs } },
    ];
    assert.ok(orderActs("start", ["a", "b"], circle).every(({ after }) => after.length === 0));
  });
});
