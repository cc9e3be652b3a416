// What a person chose in this browser: theme, look of the overview, keyboard. Kept in localStorage, told to all tabs.
import { Signal } from "../api/signal.ts";

export interface Preferences {
  theme: "dark" | "light" | "system";
  view: "table" | "cards";
  groupBy: "none" | "kind" | "state" | "server" | `label:${string}`;
  /** Single-key shortcuts; people who dictate need them off (WCAG 2.1.4). */
  shortcuts: boolean;
  /** Wrap long lines of output. */
  wrap: boolean;
}

const KEY = "tailherd.preferences";
const DEFAULTS: Preferences = {
  theme: "system",
  view: "table",
  groupBy: "none",
  shortcuts: true,
  // On a phone nobody scrolls sideways to read a line.
  wrap: matchMedia("(max-width: 767px)").matches,
};

export class PreferenceStore {
  readonly changed = new Signal();
  private current: Preferences;

  constructor() {
    this.current = read();
    window.addEventListener("storage", (event) => {
      if (event.key !== KEY) return;
      this.current = read();
      this.apply();
    });
    matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => this.apply());
  }

  readonly get = (): Preferences => this.current;

  set(change: Partial<Preferences>): void {
    this.current = { ...this.current, ...change };
    try {
      localStorage.setItem(KEY, JSON.stringify(this.current));
    } catch {
      // Private windows may have no storage: the choice then lives as long as the page.
    }
    this.apply();
  }

  /** The theme that is shown now. */
  shownTheme(): "dark" | "light" {
    if (this.current.theme !== "system") return this.current.theme;
    return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
  }

  private apply(): void {
    document.documentElement.dataset["theme"] = this.shownTheme();
    this.changed.announce();
  }
}

function read(): Preferences {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Preferences>) };
  } catch {
    return DEFAULTS;
  }
}
