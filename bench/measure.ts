// The shape of a measure and of what it found: one file beside this one for each number, all written down by report.ts.
import type { PresentPeer } from "./peers/peers.ts";

/** What every measure gets. */
export interface Bench {
  /** Who is compared, tailherd first. */
  peers: PresentPeer[];
  /** Few rounds, for trying out. */
  quick: boolean;
  /** Runs one step and says on stderr which; a step that fails is told there and leaves a gap in the table, nothing more. */
  attempt(step: string, act: () => Promise<void>): Promise<void>;
}

/** Who has which values; null where a value does not exist for it. */
export interface Row {
  who: string;
  values: (number | string | null)[];
}

/** A column of a table. */
export interface Column {
  title: string;
  /** Digits after the point for numbers; unit is in the title. */
  digits: number;
  /** The ratio to tailherd is shown beside it. */
  ratio?: boolean;
}

/** A goal of ours beside what was measured. */
export interface Budget {
  what: string;
  unit: string;
  limit: number;
  /** Smaller is better. */
  value: number;
  digits?: number;
}

/** One table of the report. */
export interface Finding {
  title: string;
  /** What was done to measure it, in full sentences. */
  load: string[];
  columns: Column[];
  rows: Row[];
  budgets: Budget[];
  /** What a reader must know to judge the numbers. */
  notes: string[];
}

/** One number of the README. */
export interface Measure {
  /** As given to `npm run bench NAME`. */
  name: string;
  run(bench: Bench): Promise<Finding[]>;
}
