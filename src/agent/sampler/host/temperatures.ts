// Temperatures of the machine's sensors, from /sys/class/hwmon, or from its thermal zones where there are none. A value is asked
// of the hardware when its file is read, which may take long or for ever: see `patient-reads.ts`.
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { MINUTE, SECOND } from "../../../base/units.ts";
import { linkTarget, listDirectory } from "../../processes/proc-files.ts";
import { firstByName, type MetricValues } from "./metric-values.ts";
import type { PatientReads } from "./patient-reads.ts";

/** Sensors that are told. */
const MAX_SENSORS = 32;
/** How old the list of sensors may be: drives are plugged in now and then. */
const LIST_AGE = 5 * MINUTE;
/** How long a value is told that could not be renewed. */
const KEEP = 90 * SECOND;

/** A file to read, and the name by which it is told. */
export interface Sensor {
  path: string;
  label: string;
}

/** Keeps the last reading of each sensor. */
export class TemperatureMeter {
  private readonly sysRoot: string;
  private readonly reads: PatientReads;
  private readonly monotonic: () => number;
  private readonly readings = new Map<string, { celsius: number; at: number }>();
  private sensors: readonly Sensor[] = [];
  private overflow = 0;
  private listedAt = Number.NEGATIVE_INFINITY;

  constructor(sources: { sysRoot: string; reads: PatientReads; monotonic: () => number }) {
    this.sysRoot = sources.sysRoot;
    this.reads = sources.reads;
    this.monotonic = sources.monotonic;
  }

  /** Reads all sensors, one after the other. */
  async refresh(): Promise<void> {
    if (this.monotonic() - this.listedAt >= LIST_AGE) {
      this.listedAt = this.monotonic();
      const found = listSensors(this.sysRoot);
      this.sensors = firstByName(found, MAX_SENSORS, (sensor) => sensor.label);
      this.overflow = found.length - this.sensors.length;
    }
    for (const { path, label } of this.sensors) {
      const text = await this.reads.ask(path, () => readFile(path, "latin1"));
      const celsius = text === undefined ? undefined : parseMillidegrees(text);
      if (celsius !== undefined) this.readings.set(label, { celsius, at: this.monotonic() });
    }
  }

  put(values: MetricValues): void {
    const oldest = this.monotonic() - KEEP;
    for (const { label } of this.sensors) {
      const known = this.readings.get(label);
      values.put("temperature_celsius", known !== undefined && known.at >= oldest ? known.celsius : undefined, label);
    }
    values.leaveOut(this.overflow);
  }
}

/**
 * "k10temp Tctl", "nvme Composite"; with the device behind it where the same would be said twice. Left out are single cores (the
 * package tells as much) and drivetemp, because asking a disk that sleeps for its temperature keeps it awake.
 */
export function listSensors(sysRoot: string): Sensor[] {
  const sensors: (Sensor & { device: string })[] = [];
  const chips = `${sysRoot}/class/hwmon`;
  for (const chip of listDirectory(chips)) {
    const directory = `${chips}/${chip}`;
    const name = read(`${directory}/name`) ?? chip;
    if (name === "drivetemp") continue;
    const device = linkTarget(`${directory}/device`)?.split("/").at(-1) ?? chip;
    for (const file of listDirectory(directory)) {
      const number = /^temp(\d+)_input$/.exec(file)?.[1];
      if (number === undefined) continue;
      const label = read(`${directory}/temp${number}_label`) ?? (number === "1" ? "" : `temp${number}`);
      if (/^Core \d+$/.test(label)) continue;
      sensors.push({ path: `${directory}/${file}`, label: `${name} ${label}`.trim(), device });
    }
  }
  if (sensors.length === 0) sensors.push(...listZones(`${sysRoot}/class/thermal`));
  return tellApart(sensors);
}

/** "48250" is 48.25 °C. What no thermometer in a machine that runs can show is a sensor that is not connected. */
export function parseMillidegrees(text: string): number | undefined {
  const celsius = /^-?\d{1,9}\s*$/.test(text) ? Number(text) / 1000 : Number.NaN;
  return celsius > -60 && celsius < 200 ? celsius : undefined;
}

function listZones(zones: string): (Sensor & { device: string })[] {
  return listDirectory(zones)
    .filter((name) => name.startsWith("thermal_zone"))
    .map((name) => ({ path: `${zones}/${name}/temp`, label: read(`${zones}/${name}/type`) ?? name, device: name }));
}

function tellApart(sensors: readonly (Sensor & { device: string })[]): Sensor[] {
  const counts = new Map<string, number>();
  for (const { label } of sensors) counts.set(label, (counts.get(label) ?? 0) + 1);
  return sensors.map(({ path, label, device }) => ({
    path,
    label: (counts.get(label) ?? 0) > 1 ? `${label} (${device})` : label,
  }));
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}
