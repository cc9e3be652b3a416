// Fills the small pictures of CPU with what the hub kept, so that a page just opened shows shapes and not dots.
import { useEffect } from "react";
import { call } from "../../api/client.ts";
import { useLink } from "../../api/hooks.ts";
import { useApp } from "../../app-context.ts";

/** Asks once for all services, and again after each loss of the connection. */
export function useRecentShapes(): void {
  const { store } = useApp();
  const live = useLink().phase === "live";
  useEffect(() => {
    if (!live) return undefined;
    const abort = new AbortController();
    call("GET /api/series/recent", { signal: abort.signal }).then(
      ({ cpu }) => store.fillRecent(cpu, Date.now()),
      // Without it the pictures fill from now on.
      () => {},
    );
    return () => abort.abort();
  }, [store, live]);
}
