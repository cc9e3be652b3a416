// Keeps the text of the last launch as long as nothing that it was made of has changed: to build it anew reads half a dozen files,
// to see that they are as they were is one stat each, and a restart waits for it. What starts is still the definition as it is now.
import { statSync } from "node:fs";
import type { ServiceSpec } from "../../contract/service.ts";
import type { LaunchText } from "./launch-script.ts";

/** Milliseconds: a file changed so short before it was read may be changed again without a later time to show for it. */
const SETTLED = 1000;

export class LaunchCache {
  private kept:
    | { spec: ServiceSpec; told: string; text: LaunchText; sources: readonly string[]; prints: string }
    | undefined;

  /**
   * The text for this definition: `build`'s, or the last one if it would come out the same. `now` is Unix milliseconds; `told` is what
   * goes into it beside the definition.
   */
  get(spec: ServiceSpec, build: () => LaunchText, now: number, told = ""): LaunchText {
    const { kept } = this;
    if (
      kept?.spec === spec &&
      kept.told === told &&
      kept.prints === fingerprint(kept.sources, Number.POSITIVE_INFINITY)
    )
      return kept.text;
    this.kept = undefined;
    const text = build();
    if (text.ok && text.sources !== undefined) {
      const prints = fingerprint(text.sources, now - SETTLED);
      if (prints !== undefined) this.kept = { spec, told, text, sources: text.sources, prints };
    }
    return text;
  }
}

/** What tells a changed file from the same one; undefined when one of them changed after `settled`. */
function fingerprint(paths: readonly string[], settled: number): string | undefined {
  let prints = "";
  for (const path of paths) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat !== undefined && stat.ctimeMs > settled) return undefined;
    prints += stat === undefined ? "-," : `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeMs}:${stat.ctimeMs},`;
  }
  return prints;
}
