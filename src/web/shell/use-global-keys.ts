// Keys that work on every page: the palette, help, and `g` then a letter to go somewhere. None while typing; single keys can be turned off.
import { useEffect } from "react";
import { useLocation } from "wouter";
import { usePreferences } from "../api/hooks.ts";
import { PAGES } from "../routes.tsx";
import { isTyping } from "../ui/is-typing.ts";
import type { ShellPanel } from "./shell-context.ts";

/** How long after `g` the second key counts. */
const CHORD_MS = 1200;

export function useGlobalKeys(open: (panel: ShellPanel) => void): void {
  const [, navigate] = useLocation();
  const { shortcuts } = usePreferences();
  useEffect(() => {
    let chordAt = 0;
    const onKey = (event: KeyboardEvent): void => {
      if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        return open("palette");
      }
      if (!shortcuts || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      if (event.key === "?") return open("keyboard");
      if (event.key === "g") {
        chordAt = event.timeStamp;
        return;
      }
      if (chordAt === 0 || event.timeStamp - chordAt > CHORD_MS) return;
      chordAt = 0;
      const to = PAGES.find(({ nav }) => nav?.key === event.key)?.nav?.to;
      if (to === undefined) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      navigate(to);
    };
    // In the capture phase: the second key of a chord must not reach the keys of the page.
    window.addEventListener("keydown", onKey, true);
    return () => window.removeEventListener("keydown", onKey, true);
  }, [open, navigate, shortcuts]);
}
