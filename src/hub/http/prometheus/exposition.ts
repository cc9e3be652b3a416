// Writes metrics as Prometheus reads them: its text format 0.0.4, or OpenMetrics 1.0. Knows formats, not what is measured.

/** What a metric is. An info metric carries facts as labels, and is always 1. */
export type FamilyType = "gauge" | "counter" | "info";
/** `text`: Prometheus's own, 0.0.4. */
export type ExpositionFormat = "text" | "openmetrics";

export type Labels = Readonly<Record<string, string>>;

/** One metric with all its samples. */
export interface Family {
  /** As people query it: a counter's ends in `_total`, an info metric's in `_info`. */
  name: string;
  type: FamilyType;
  help: string;
}

/** What `Accept` asks for is answered with one of these. */
export const MEDIA_TYPES: Readonly<Record<ExpositionFormat, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** The format that a scraper likes best of those that there are; text for whoever does not say. */
export function chooseFormat(accept: string | undefined): ExpositionFormat {
  let best: { format: ExpositionFormat; q: number } = { format: "text", q: 0 };
  for (const offer of (accept ?? "").split(",")) {
    const [type = "", ...parameters] = offer.split(";").map((part) => part.trim().toLowerCase());
    const named = new Map(
      parameters.map((part): [string, string] => [nameOf(part), part.slice(nameOf(part).length + 1)]),
    );
    const format = formatOf(type, named.get("version"));
    const q = Number(named.get("q") ?? 1);
    if (format !== undefined && q > best.q) best = { format, q };
  }
  return best.format;
}

function nameOf(parameter: string): string {
  return parameter.split("=", 1)[0] ?? "";
}

function formatOf(type: string, version: string | undefined): ExpositionFormat | undefined {
  if (type === "application/openmetrics-text")
    return version === undefined || version === "1.0.0" ? "openmetrics" : undefined;
  if (type === "text/plain") return version === undefined || version === "0.0.4" ? "text" : undefined;
  return type === "*/*" || type === "text/*" ? "text" : undefined;
}

/** An answer in the making. Families are written one after the other, each with all its samples. */
export class Exposition {
  /** Samples so far. */
  samples = 0;
  private readonly format: ExpositionFormat;
  private readonly lines: string[] = [];
  private name = "";

  constructor(format: ExpositionFormat) {
    this.format = format;
  }

  /** Begins a family; what follows by `add` belongs to it. */
  begin({ name, type, help }: Family): void {
    const open = this.format === "openmetrics";
    // OpenMetrics names the family without the suffix that its samples have, and has a type for facts.
    const family = open ? name.replace(/_(?:total|info)$/, "") : name;
    this.name = name;
    this.lines.push(`# HELP ${family} ${open ? escapeLabel(help) : escapeHelp(help)}`);
    this.lines.push(`# TYPE ${family} ${type === "info" && !open ? "gauge" : type}`);
  }

  /** Adds a sample; a value that is none (unknown, not finite) is left out. */
  add(labels: Labels, value: number | null | undefined): void {
    if (value === null || value === undefined || !Number.isFinite(value)) return;
    const pairs = Object.keys(labels).map((name) => `${name}="${escapeLabel(labels[name] ?? "")}"`);
    this.lines.push(`${this.name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}`);
    this.samples += 1;
  }

  /** All of it. */
  text(): string {
    return `${this.lines.join("\n")}\n${this.format === "openmetrics" ? "# EOF\n" : ""}`;
  }
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return /[\\"\n]/.test(text) ? escapeHelp(text).replaceAll('"', '\\"') : text;
}
