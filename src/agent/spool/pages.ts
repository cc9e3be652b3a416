// Answers questions about the kept lines: the last ones, those before or after a cursor, of one stream, since a time.
import type { OutputPage, OutputQuery } from "../../contract/agent.ts";
import type { LogLine } from "../../contract/status.ts";
import type { Block } from "./block.ts";
import type { BlockReader } from "./block-reader.ts";
import { decodeLines, fromCursor } from "./lines.ts";

/** A query without the service it is about. */
export type PageQuery = Omit<OutputQuery, "service" | "index">;

/** What there is: number of the oldest kept line and of the next one, and how many were dropped. */
export interface Extent {
  first: number;
  next: number;
  dropped: number;
}

/** Reads one page. With `after` it runs forward from there (up to `before`), else backward from `before` or the end. */
export async function readPage(reader: BlockReader, query: PageQuery, extent: () => Extent): Promise<OutputPage> {
  const before = query.before === undefined ? undefined : fromCursor(query.before);
  if (query.after !== undefined)
    return pageAfter(reader, query, fromCursor(query.after) + 1, before ?? Infinity, extent);
  return pageBefore(reader, query, before ?? Infinity, extent);
}

async function pageAfter(
  reader: BlockReader,
  query: PageQuery,
  from: number,
  to: number,
  extent: () => Extent,
): Promise<OutputPage> {
  const { limit } = query;
  const lines: LogLine[] = [];
  for await (const block of reader.forward(from)) {
    const { line } = block.start;
    if (line >= to || lines.length > limit) break;
    if (!wanted(block, query)) continue;
    const start = Math.max(0, from - line);
    lines.push(...decodeLines(block, start, Math.min(to - line, start + limit + 1 - lines.length)));
  }
  const { first, dropped } = extent();
  return {
    lines: lines.slice(0, limit),
    more_before: from > first,
    more_after: lines.length > limit || to < extent().next,
    dropped,
  };
}

async function pageBefore(
  reader: BlockReader,
  query: PageQuery,
  to: number,
  extent: () => Extent,
): Promise<OutputPage> {
  const { limit } = query;
  const found: LogLine[][] = [];
  let count = 0;
  for await (const block of reader.backward(to)) {
    if (count > limit || (query.since !== undefined && block.time < query.since)) break;
    if (!wanted(block, query)) continue;
    const end = Math.min(block.lines, to - block.start.line);
    const lines = decodeLines(block, end - (limit + 1 - count), end);
    found.push(lines);
    count += lines.length;
  }
  const { next, dropped } = extent();
  return {
    lines: found.reverse().flat().slice(-limit),
    more_before: count > limit,
    more_after: to < next,
    dropped,
  };
}

function wanted(block: Block, { stream, since }: PageQuery): boolean {
  return (stream === undefined || block.stream === stream) && (since === undefined || block.time >= since);
}
