// The keys of the list: j and k move, x selects, r starts or restarts, s stops; more than one target asks first.
import { useEffect, useMemo, useRef, useState } from "react";
import type { ServiceAction } from "../../../contract/operations.ts";
import { useBlocked, usePreferences } from "../../api/hooks.ts";
import { serviceCan } from "../../api/service-can.ts";
import { useApp } from "../../app-context.ts";
import { isTyping } from "../../ui/is-typing.ts";
import type { Selection } from "./selection.ts";

export interface ListKeys {
  /** Place of the row that keys act on, or -1. */
  cursor: number;
  /** The list brings its rows into view when asked. */
  onReveal: (reveal: ((index: number) => void) | null) => void;
  /** An act on what is selected that waits for its sheet. */
  asked: ServiceAction | null;
  ask: (action: ServiceAction | null) => void;
}

export function useListKeys(order: readonly string[], selection: Selection): ListKeys {
  const { acts, store } = useApp();
  const { shortcuts } = usePreferences();
  const blocked = useBlocked("operate");
  const [name, setName] = useState<string | null>(null);
  const [asked, ask] = useState<ServiceAction | null>(null);
  const reveal = useRef<((index: number) => void) | null>(null);
  const cursor = name === null ? -1 : order.indexOf(name);

  useEffect(() => {
    if (!shortcuts) return undefined;
    const move = (by: number): void => {
      const focused = focusedRow();
      const from = focused === null ? cursor : order.indexOf(focused);
      const next = Math.min(order.length - 1, Math.max(0, from + by));
      const target = order[next];
      if (target === undefined) return;
      setName(target);
      reveal.current?.(next);
      focusRow(target);
    };
    const act = (wanted: "restart" | "stop"): void => {
      if (blocked !== null) return;
      if (selection.all().length > 0) return ask(wanted);
      const target = focusedRow() ?? name;
      const status = target === null ? undefined : store.row(target);
      if (status === undefined) return;
      const action = wanted === "restart" && !serviceCan.restart(status) ? "start" : wanted;
      if (serviceCan[action](status)) void acts.one(status.name, action);
    };
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      const keys: Record<string, () => void> = {
        j: () => move(1),
        k: () => move(-1),
        x: () => {
          const target = focusedRow() ?? name;
          if (target !== null) selection.toggle(target);
        },
        r: () => act("restart"),
        s: () => act("stop"),
        Escape: () => selection.clear(),
      };
      const run = keys[event.key];
      if (run === undefined) return;
      event.preventDefault();
      run();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [shortcuts, blocked, order, cursor, name, selection, store, acts]);

  return useMemo(() => ({ cursor, asked, ask, onReveal: (act) => (reveal.current = act) }), [cursor, asked]);
}

/** The service in whose row the focus is: whoever came there by Tab means that one. */
function focusedRow(): string | null {
  return document.activeElement?.closest<HTMLElement>("[data-service]")?.dataset["service"] ?? null;
}

/** The row may be drawn only after it was scrolled to. */
function focusRow(name: string, tries = 5): void {
  const link = document.querySelector<HTMLElement>(`[data-service="${CSS.escape(name)}"] a[data-name]`);
  if (link !== null) return link.focus();
  if (tries > 0) requestAnimationFrame(() => focusRow(name, tries - 1));
}
