// Writes docs/benchmarks.md: every word of that page comes from here and from the measures.
import type { Budget, Column, Finding, Row } from "./measure.ts";

/** What a whole run found. */
export interface Run {
  date: Date;
  /** Milliseconds the run took. */
  took: number;
  machine: [what: string, value: string][];
  /** Load average of the machine just before the run. */
  loadBefore: number;
  supervisors: { name: string; version: string }[];
  quick: boolean;
  findings: Finding[];
  /** Steps that failed, in words. */
  failures: string[];
}

const GAP = "–";

/** The page, as Markdown. */
export function renderReport(run: Run): string {
  const budgets = run.findings.flatMap((finding) => finding.budgets);
  return (
    [
      "# Benchmarks",
      introduction(run),
      "## The machine",
      table(["", ""], [...run.machine, ["Compared", supervisors(run)], ["When", when(run)]]),
      "## Budgets",
      "The goals that the design sets, beside what was measured. A budget missed is a bug with a name.",
      budgetTable(budgets),
      summary(budgets),
      ...run.findings.flatMap(section),
      ...failures(run),
    ].join("\n\n") + "\n"
  );
}

function introduction(run: Run): string {
  return [
    "<!-- Written by `npm run bench`; changes made by hand are lost at the next run. -->",
    "",
    "What tailherd costs and how quick it is, beside what people use today, all in one run on one machine. `npm run bench` repeats it and writes this page; PM2 comes from npm, supervisord, s6 and runit from Debian.",
    "",
    "Supervisors take turns (A B C A B C), so that a disturbance of the machine meets all of them; a number is the median of its rounds unless it says otherwise, and “× ours” is that number divided by tailherd's: above 1, tailherd needs less. Every service says its first word into a FIFO that the bench reads, so that no supervisor is asked, or trusted, for what it has done. The bare Node spawner is not a tool but the floor: `child_process.spawn`, and again on exit.",
    ...(run.quick ? ["", "**This was a quick run with few rounds: an impression, not a result.**"] : []),
  ].join("\n");
}

function supervisors(run: Run): string {
  return run.supervisors.map(({ name, version }) => `${name} ${version}`).join(", ");
}

function when(run: Run): string {
  return `${run.date.toISOString().slice(0, 10)}, in ${Math.round(run.took / 60_000)} min; load average before: ${run.loadBefore.toFixed(2)}`;
}

function budgetTable(budgets: Budget[]): string {
  return table(
    ["what", "budget", "measured", ""],
    budgets.map((budget) => [
      budget.what,
      withUnit(budget.limit, budget),
      withUnit(budget.value, budget),
      verdict(budget),
    ]),
  );
}

function withUnit(value: number, { unit, digits }: Budget): string {
  return Number.isNaN(value) ? GAP : `${cell(value, digits ?? 1)} ${unit}`.trim();
}

/** A budget is met when the measured value is not above it. */
function isMet({ value, limit }: Budget): boolean | undefined {
  return Number.isNaN(value) || Number.isNaN(limit) ? undefined : value <= limit;
}

function verdict(budget: Budget): string {
  const met = isMet(budget);
  if (met === undefined) return "not measured";
  return met ? "met" : "**missed**";
}

function summary(budgets: Budget[]): string {
  const met = budgets.filter((budget) => isMet(budget) === true).length;
  const missed = budgets.filter((budget) => isMet(budget) === false);
  if (missed.length === 0) return `${met} of ${budgets.length} met, none missed.`;
  return `${met} of ${budgets.length} met. Missed: ${missed.map(({ what }) => what).join("; ")}.`;
}

function section(finding: Finding): string[] {
  return [
    `## ${finding.title}`,
    finding.load.join("\n\n"),
    findingTable(finding),
    ...finding.notes,
    ...finding.budgets.map(
      (budget) =>
        `Budget: ${budget.what}: ${withUnit(budget.limit, budget)}, measured ${withUnit(budget.value, budget)}: ${verdict(budget)}.`,
    ),
  ];
}

function findingTable({ columns, rows }: Finding): string {
  const titles = columns.flatMap((column) => (column.ratio === true ? [column.title, "× ours"] : [column.title]));
  const ours = rows.find((row) => row.who === "tailherd");
  return table(
    ["", ...titles],
    rows.map((row) => [row.who, ...columns.flatMap((column, at) => cells(column, at, row, ours))]),
  );
}

function cells(column: Column, at: number, row: Row, ours: Row | undefined): string[] {
  const value = row.values[at] ?? null;
  const shown = typeof value === "number" ? cell(value, column.digits) : (value ?? GAP);
  if (column.ratio !== true) return [shown];
  const our = ours?.values[at];
  const comparable = typeof value === "number" && typeof our === "number" && row !== ours && our > 0;
  return [shown, comparable && !Number.isNaN(value) ? (value / our).toFixed(1) : ""];
}

function cell(value: number, digits: number): string {
  if (!Number.isFinite(value)) return GAP;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function failures(run: Run): string[] {
  if (run.failures.length === 0) return [];
  return ["## What failed", run.failures.map((failure) => `- ${failure}`).join("\n")];
}

/** A table; columns of numbers are aligned to the right. */
function table(head: string[], rows: string[][]): string {
  const numeric = head.map((_, at) => rows.length > 0 && rows.every((row) => /^(?:[\d,.]+|–|)$/.test(row[at] ?? "")));
  const line = (values: string[]): string => `| ${values.join(" | ")} |`;
  return [line(head), line(numeric.map((right) => (right ? "---:" : "---"))), ...rows.map(line)].join("\n");
}
