// Those that wait for what will not come by itself: told of what they wait for, which is where somebody can end it. Pure.
import type { Graph } from "../../../contract/graph.ts";
import type { InstanceState, ServiceStatus } from "../../../contract/status.ts";
import { listed, type Piece, type Problem } from "./problems.ts";

/** In these nothing happens until somebody acts. */
const AT_REST: ReadonlySet<InstanceState> = new Set(["stopped", "exited", "fatal"]);

function isWaiting({ instances }: ServiceStatus): boolean {
  return instances.some(({ state }) => state === "waiting");
}

/**
 * The problems, and what waits because of them; a service at rest that others wait for is a problem although it is none by itself.
 * One that waits for something on its way is nobody's business.
 */
export function withWaits(
  problems: readonly Problem[],
  services: readonly ServiceStatus[],
  edges: Graph["edges"],
): Problem[] {
  const rows = new Map(services.map((service) => [service.name, service]));
  const waiting = new Set(services.filter(isWaiting).map(({ name }) => name));
  const held = new Map<string, string[]>();
  for (const { from, to, met } of edges) {
    const state = rows.get(to)?.state;
    if (met || !waiting.has(from) || (state !== undefined && !AT_REST.has(state))) continue;
    held.set(to, [...(held.get(to) ?? []), from]);
  }
  const told = problems.map((problem): Problem => {
    const names = problem.service === null ? undefined : held.get(problem.service);
    if (names === undefined) return problem;
    held.delete(problem.service ?? "");
    return { ...problem, sentence: [...problem.sentence, " ", ...wait(names), " for it."] };
  });
  const fresh = [...held].map(([name, names]) => problemOf(name, rows.get(name)?.state, names));
  const firstWarning = told.findIndex(({ tone }) => tone === "warn");
  return told.toSpliced(firstWarning === -1 ? told.length : firstWarning, 0, ...fresh);
}

function problemOf(name: string, state: InstanceState | undefined, names: readonly string[]): Problem {
  const about = { key: `${name}:held`, server: null, tone: "warn" as const };
  if (state === undefined) {
    const [first = name] = names;
    return {
      ...about,
      service: first,
      word: "waiting",
      mark: "waiting",
      sentence: [...wait(names), ` for ${name}, and there is no service of that name.`],
      remedies: [{ remedy: "definition", label: "Edit" }],
    };
  }
  return {
    ...about,
    service: name,
    word: state,
    mark: state,
    sentence: [...wait(names), ` for it, and it ${state === "exited" ? "has ended" : "is stopped"}.`],
    remedies: [
      { remedy: "start", label: `Start ${name}` },
      { remedy: "output", label: "Output" },
    ],
  };
}

/** "web and worker wait". */
function wait(names: readonly string[]): Piece[] {
  return [...listed(names.toSorted()), names.length === 1 ? " waits" : " wait"];
}
