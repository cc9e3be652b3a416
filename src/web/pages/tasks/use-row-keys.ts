// j and k move through the rows of a list, by the links that name them; Enter then opens what has the focus.
import { useEffect } from "react";
import { usePreferences } from "../../api/hooks.ts";
import { isTyping } from "../../ui/is-typing.ts";

/** `links` selects the link of each row, in the order of the page. */
export function useRowKeys(links: string): void {
  const { shortcuts } = usePreferences();
  useEffect(() => {
    if (!shortcuts) return undefined;
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      if (event.key !== "j" && event.key !== "k") return;
      const all = [...document.querySelectorAll<HTMLElement>(links)];
      // Wherever in a row the focus is, that row is meant.
      const row = document.activeElement?.closest("tr");
      const at = all.findIndex((link) => link === document.activeElement || (row && row === link.closest("tr")));
      const next = all[at === -1 ? 0 : at + (event.key === "j" ? 1 : -1)];
      if (next === undefined) return;
      event.preventDefault();
      next.focus();
      next.scrollIntoView({ block: "nearest" });
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [links, shortcuts]);
}
