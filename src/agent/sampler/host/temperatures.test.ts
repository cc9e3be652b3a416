import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { FakeClock } from "../../../base/clock.ts";
import { MetricValues } from "./metric-values.ts";
import { PatientReads } from "./patient-reads.ts";
import { listSensors, TemperatureMeter } from "./temperatures.ts";

const THERMAL = { "class/thermal/thermal_zone0/type": "cpu-thermal", "class/thermal/thermal_zone0/temp": "51121" };
const HWMON = {
  "class/hwmon/hwmon0/name": "coretemp",
  "class/hwmon/hwmon0/temp1_input": "48000",
  "class/hwmon/hwmon0/temp1_label": "Package id 0",
  "class/hwmon/hwmon0/temp2_input": "47000",
  "class/hwmon/hwmon0/temp2_label": "Core 0",
  "class/hwmon/hwmon1/name": "nvme",
  "class/hwmon/hwmon1/temp1_input": "38850",
  "class/hwmon/hwmon1/temp1_label": "Composite",
  "class/hwmon/hwmon2/name": "nvme",
  "class/hwmon/hwmon2/temp1_input": "39850",
  "class/hwmon/hwmon2/temp1_label": "Composite",
  "class/hwmon/hwmon3/name": "acpitz",
  "class/hwmon/hwmon3/temp1_input": "-273200",
  "class/hwmon/hwmon3/temp2_input": "27800",
  "class/hwmon/hwmon4/name": "drivetemp",
  "class/hwmon/hwmon4/temp1_input": "31000",
  "class/hwmon/hwmon5/name": "BAT0",
  "class/hwmon/hwmon5/in0_input": "12000",
};

function sysWith(files: Record<string, string>) {
  const root = mkdtempSync(join(tmpdir(), "sys-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true }) };
}

async function read(sysRoot: string) {
  const clock = new FakeClock();
  const meter = new TemperatureMeter({ sysRoot, reads: new PatientReads(clock), monotonic: () => clock.monotonic() });
  await meter.refresh();
  const values = new MetricValues();
  meter.put(values);
  return values.values;
}

test("TemperatureMeter names sensors by chip and label, and tells two of the same apart by their device", async () => {
  using sys = sysWith({ ...HWMON, ...THERMAL });
  symlinkSync("../../nvme0", join(sys.root, "class/hwmon/hwmon1/device"));
  symlinkSync("../../nvme1", join(sys.root, "class/hwmon/hwmon2/device"));
  assert.deepEqual(await read(sys.root), {
    "temperature_celsius[coretemp Package id 0]": 48,
    "temperature_celsius[nvme Composite (nvme0)]": 38.9,
    "temperature_celsius[nvme Composite (nvme1)]": 39.9,
    "temperature_celsius[acpitz temp2]": 27.8,
  });
});

test("TemperatureMeter asks the thermal zones where there are no other sensors, and nothing where there are none", async () => {
  using sys = sysWith(THERMAL);
  assert.deepEqual(await read(sys.root), { "temperature_celsius[cpu-thermal]": 51.1 });
  assert.deepEqual(listSensors("/nonexistent"), []);
  assert.deepEqual(await read("/nonexistent"), {});
});
