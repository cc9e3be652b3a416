// What starts on this server wait for. A dependency that runs on this server too means its instances here, whatever the hub says or
// whether it is there; of one elsewhere the hub tells how it stands, and what it told last counts while it is away.
import type { ServiceSpec } from "../../contract/service.ts";
import { meets, standingOf, UNKNOWN, waitWords, type Serving, type Standing } from "../../contract/standing.ts";

/** How services elsewhere stand, by name; null: as before. */
export type Standings = Readonly<Record<string, Standing | null>>;

export class Dependencies {
  private readonly here: (service: string) => readonly Serving[] | undefined;
  private elsewhere: ReadonlyMap<string, Standing> = new Map();

  /** `here`: the instances of a service on this server, undefined where it has no such service. */
  constructor(here: (service: string) => readonly Serving[] | undefined) {
    this.here = here;
  }

  /** The hub told how others stand; answers the names of those that stand otherwise than before. */
  told(standings: Standings): string[] {
    const before = this.elsewhere;
    this.elsewhere = new Map(
      Object.entries(standings).map(([name, standing]) => [name, standing ?? before.get(name) ?? UNKNOWN]),
    );
    const names = new Set([...before.keys(), ...this.elsewhere.keys()]);
    return [...names].filter((name) => JSON.stringify(before.get(name)) !== JSON.stringify(this.elsewhere.get(name)));
  }

  /** How they stand, as far as was told; to be kept. */
  get known(): Standings {
    return Object.fromEntries(this.elsewhere);
  }

  /** "waits for db to run (stopped)": what keeps this definition from being started now; undefined when nothing does. */
  waitsFor({ depends_on }: ServiceSpec): string | undefined {
    const missing: string[] = [];
    for (const name in depends_on) {
      const dependency = depends_on[name];
      if (dependency === undefined) continue;
      const standing = this.standing(name);
      if (!meets(standing, dependency.condition)) missing.push(waitWords(name, dependency.condition, standing));
    }
    return missing.length === 0 ? undefined : `waits for ${missing.join(", ")}`;
  }

  private standing(name: string): Standing {
    const instances = this.here(name);
    return instances === undefined ? (this.elsewhere.get(name) ?? UNKNOWN) : standingOf(instances);
  }
}
