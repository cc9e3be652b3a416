import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { expressionOf, fieldsOf, presetOf, turnedInto, withField, type Preset } from "./expression.ts";

const minute = fc.nat(59);
const hour = fc.nat(23);
const presets: fc.Arbitrary<Preset> = fc.oneof(
  fc.record({ kind: fc.constant("minutes" as const), every: fc.integer({ min: 1, max: 59 }) }),
  fc.record({ kind: fc.constant("hourly" as const), minute }),
  fc.record({ kind: fc.constant("daily" as const), hour, minute }),
  fc.record({
    kind: fc.constant("weekly" as const),
    days: fc.uniqueArray(fc.nat(6), { minLength: 1 }).map((days) => days.toSorted((a, b) => a - b)),
    hour,
    minute,
  }),
  fc.record({ kind: fc.constant("monthly" as const), day: fc.integer({ min: 1, max: 31 }), hour, minute }),
);

test("a preset is found again in its expression, and its fields make the same expression", () => {
  fc.assert(
    fc.property(presets, (preset) => {
      const expression = expressionOf(preset);
      assert.deepEqual(presetOf(expression), { ...preset });
      assert.equal(fieldsOf(expression).join(" "), expression);
    }),
  );
});

test("a changed field changes nothing else, and an empty one is any", () => {
  fc.assert(
    fc.property(presets, fc.nat(4), fc.constantFrom("7", "1-5", "*/2", ""), (preset, place, field) => {
      const before = fieldsOf(expressionOf(preset));
      const after = fieldsOf(withField(expressionOf(preset), place, field));
      assert.deepEqual(
        after,
        before.map((text, index) => (index === place ? field || "*" : text)),
      );
    }),
  );
});

test("weekdays are read in every form that a person writes", () => {
  const days = (field: string): unknown => {
    const preset = presetOf(`30 2 * * ${field}`);
    return preset?.kind === "weekly" ? preset.days : preset;
  };
  assert.deepEqual(days("1-5"), [1, 2, 3, 4, 5]);
  assert.deepEqual(days("MON-Fri"), [1, 2, 3, 4, 5]);
  assert.deepEqual(days("7"), [0]);
  assert.deepEqual(days("5-7"), [0, 5, 6]);
  assert.deepEqual(days("sat,sun"), [0, 6]);
  assert.equal(days("1-5/2"), null);
  assert.equal(days("5-1"), null);
  assert.equal(days("1-2-3"), null);
  assert.equal(days("mon,"), null);
  assert.equal(days("8"), null);
});

test("nicknames are written out, and what no preset says is left to the fields", () => {
  assert.deepEqual(presetOf("@daily"), { kind: "daily", hour: 0, minute: 0 });
  assert.deepEqual(presetOf("@Weekly"), { kind: "weekly", days: [0], hour: 0, minute: 0 });
  assert.deepEqual(fieldsOf(" @yearly "), ["0", "0", "1", "1", "*"]);
  for (const other of ["", "* *", "0 0 1 1 *", "0 0 1 * 1", "0 9-17 * * *", "60 * * * *", "* * * * * *", "@reboot"]) {
    assert.equal(presetOf(other), null, other);
  }
  assert.equal(withField("5", 1, "3"), "5 3 * * *");
});

test("a preset of another kind keeps the time of day", () => {
  const daily: Preset = { kind: "daily", hour: 4, minute: 5 };
  assert.deepEqual(turnedInto("weekly", daily), { kind: "weekly", days: [1], hour: 4, minute: 5 });
  assert.deepEqual(turnedInto("monthly", daily), { kind: "monthly", day: 1, hour: 4, minute: 5 });
  assert.deepEqual(turnedInto("daily", null), { kind: "daily", hour: 3, minute: 0 });
});
