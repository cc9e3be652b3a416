// Finds the route of a request by its method and path. Segments are compared one by one and decoded after they are told apart, so an
// encoded slash is part of a name, and no other spelling of a path ("//", a slash at the end, dots) leads anywhere.

/** What a path leads to. */
export type Found<T> =
  | { found: "route"; route: T; params: Record<string, string> }
  /** The path exists, for these methods only. */
  | { found: "path"; methods: string[] }
  | { found: "nothing" };

interface Entry<T> {
  method: string;
  segments: string[];
  route: T;
}

/** Routes by "METHOD /path/{parameter}". The first one that fits counts. */
export class Router<T> {
  private readonly byLength = new Map<number, Entry<T>[]>();

  add(method: string, pattern: string, route: T): void {
    const segments = pattern.split("/");
    const entries = this.byLength.get(segments.length) ?? [];
    this.byLength.set(segments.length, entries);
    entries.push({ method, segments, route });
  }

  /** `path` as it was sent, without the query. HEAD is GET without the body. */
  find(method: string, path: string): Found<T> {
    const wanted = method === "HEAD" ? "GET" : method;
    const given = path.split("/");
    const methods = new Set<string>();
    for (const entry of this.byLength.get(given.length) ?? []) {
      if (!entry.segments.every((segment, at) => fits(segment, given[at] ?? ""))) continue;
      if (entry.method === wanted)
        return { found: "route", route: entry.route, params: paramsOf(entry.segments, given) };
      methods.add(entry.method);
    }
    return methods.size === 0 ? { found: "nothing" } : { found: "path", methods: [...methods] };
  }
}

function fits(segment: string, given: string): boolean {
  return segment.startsWith("{") ? given !== "" : segment === given;
}

function paramsOf(segments: readonly string[], given: readonly string[]): Record<string, string> {
  const found = segments.flatMap((segment, at) =>
    segment.startsWith("{") ? [[segment.slice(1, -1), decoded(given[at] ?? "")]] : [],
  );
  return Object.fromEntries(found) as Record<string, string>;
}

/** What is no valid encoding stands for itself; no name has a "%". */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
