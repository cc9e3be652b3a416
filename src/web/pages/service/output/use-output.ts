// Keeps an output buffer full: the last lines at once, then what comes, older pages when wanted, and the gap after a lost socket.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { LogLine } from "../../../../contract/status.ts";
import { call } from "../../../api/client.ts";
import { useLink } from "../../../api/hooks.ts";
import { useApp } from "../../../app-context.ts";
import { explain } from "../../../api/problems.ts";
import { queryOf, type InstanceRef } from "../instance-ref.ts";
import { MOST_LINES, OutputBuffer } from "./output-buffer.ts";

const FIRST_PAGE = 500;
const OLDER_PAGE = 1000;

export interface Output {
  buffer: OutputBuffer;
  loading: boolean;
  /** In words, where the lines could not be had. */
  failure: string | null;
  /** Older lines can be asked for. */
  moreBefore: boolean;
  /** Lines that the hub left out because this browser was too slow, and those its quota dropped. */
  skipped: number;
  /** Asks for older lines; resolves to how many of them show. */
  loadOlder: () => Promise<number>;
  /** Loads older lines until one with this cursor is held, or no more can be. */
  reach: (cursor: string) => Promise<void>;
}

/** `following` says whether the newest lines are in view: then old ones make room. */
export function useOutput(service: string, { index, server }: InstanceRef, following: () => boolean): Output {
  const { socket } = useApp();
  const { phase } = useLink();
  const buffer = useMemo(() => new OutputBuffer(), []);
  const [state, setState] = useState({ loading: true, failure: null as string | null, moreBefore: false, skipped: 0 });
  const pending = useRef<LogLine[]>([]);
  const older = useRef<Promise<number> | null>(null);

  useEffect(() => {
    buffer.clear();
    pending.current = [];
    setState({ loading: true, failure: null, moreBefore: false, skipped: 0 });
  }, [buffer, service, index, server]);

  // Live lines are gathered and appended once a frame.
  useEffect(() => {
    let frame = 0;
    const flush = (): void => {
      frame = 0;
      buffer.append(pending.current.splice(0), following());
    };
    const stopHearing = socket.on("output", ({ data }) => {
      if (data.service !== service || data.index !== index) return;
      if (server !== undefined && data.server_id !== server) return;
      pending.current.push(...data.lines);
      if (data.skipped > 0) setState((before) => ({ ...before, skipped: before.skipped + data.skipped }));
      // A hidden page draws no frames; its lines wait, bounded like the buffer.
      if (pending.current.length > MOST_LINES) pending.current.splice(0, pending.current.length - MOST_LINES);
      if (frame === 0) frame = requestAnimationFrame(flush);
    });
    const stopFollowing = socket.follow(`output:${service}`);
    return () => {
      stopHearing();
      stopFollowing();
      cancelAnimationFrame(frame);
    };
  }, [buffer, socket, service, index, server, following]);

  // The last lines at the beginning, and after a lost connection what was missed.
  useEffect(() => {
    if (phase !== "live") return undefined;
    const abort = new AbortController();
    const after = buffer.last?.cursor;
    const query = {
      ...queryOf({ index, server }),
      ...(after === undefined ? { limit: FIRST_PAGE } : { limit: 10_000, after }),
    };
    call("GET /api/services/{name}/logs", { params: { name: service }, query, signal: abort.signal }).then(
      (page) => {
        const live = pending.current.splice(0);
        // Live lines may have come before the page that leads to them.
        if (after === undefined) buffer.prepend(page.lines);
        buffer.append(page.lines, true);
        buffer.append(live, true);
        setState((before) => ({
          ...before,
          loading: false,
          failure: null,
          moreBefore: after === undefined ? page.more_before : before.moreBefore,
        }));
      },
      (error: unknown) => {
        if (!abort.signal.aborted)
          setState((before) => ({ ...before, loading: false, failure: explain(error).detail }));
      },
    );
    return () => abort.abort();
  }, [buffer, service, index, server, phase]);

  const loadOlder = useCallback((): Promise<number> => {
    const before = buffer.first?.cursor;
    if (before === undefined || buffer.all.length >= MOST_LINES) return Promise.resolve(0);
    older.current ??= call("GET /api/services/{name}/logs", {
      params: { name: service },
      query: { ...queryOf({ index, server }), limit: OLDER_PAGE, before },
    })
      .then((page) => {
        setState((now) => ({ ...now, moreBefore: page.more_before && page.lines.length > 0 }));
        return buffer.prepend(page.lines);
      })
      .catch(() => 0)
      .finally(() => {
        older.current = null;
      });
    return older.current;
  }, [buffer, service, index, server]);

  const reach = useCallback(
    async (cursor: string): Promise<void> => {
      for (let oldest = buffer.first?.cursor; oldest !== undefined && oldest > cursor;) {
        await loadOlder();
        const now = buffer.first?.cursor;
        if (now === oldest) return;
        oldest = now;
      }
    },
    [buffer, loadOlder],
  );

  return { buffer, ...state, loadOlder, reach };
}
