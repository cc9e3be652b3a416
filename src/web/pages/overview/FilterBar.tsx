// Chips, filter box, grouping, and the choice of table or cards.
import Grid from "lucide-react/icons/layout-grid";
import Rows from "lucide-react/icons/rows-3";
import Search from "lucide-react/icons/search";
import { useEffect, useRef } from "react";
import { usePreferences, useServers } from "../../api/hooks.ts";
import { useApp } from "../../app-context.ts";
import type { Preferences } from "../../preferences/preferences.ts";
import { isTyping } from "../../ui/is-typing.ts";
import { IconButton } from "../../ui/Button.tsx";
import { Select, TextInput } from "../../ui/Field.tsx";
import { cx } from "../../ui/cx.ts";
import { Kbd } from "../../ui/Tag.tsx";
import type { Show, View } from "./filter.ts";
import styles from "./FilterBar.module.css";

interface FilterBarProps {
  view: View;
  onView: (view: View) => void;
  counts: Record<Show, number>;
  facets: { facet: string; label: string; count: number }[];
  /** Labels by which can be grouped. */
  labels: string[];
  narrow: boolean;
}

const SHOWS: readonly { show: Show; label: string }[] = [
  { show: "all", label: "All" },
  { show: "running", label: "Running" },
  { show: "problems", label: "Problems" },
  { show: "stopped", label: "Stopped" },
];

/** More kinds and labels than this are offered in one menu; those chosen always show. */
const MOST_FACETS = 3;

export function FilterBar({ view, onView, counts, facets, labels, narrow }: FilterBarProps) {
  const toggle = (facet: string): void => {
    const on = view.facets.includes(facet);
    onView({ ...view, facets: on ? view.facets.filter((other) => other !== facet) : [...view.facets, facet] });
  };
  const fits = facets.length <= MOST_FACETS + 1;
  const shown = facets.filter(({ facet }, place) => fits || place < MOST_FACETS || view.facets.includes(facet));
  const folded = facets.filter((facet) => !shown.includes(facet));
  return (
    <div className={styles["bar"]}>
      <FilterBox
        label="Filter services"
        placeholder="Filter by name, port…"
        text={view.text}
        onText={(text) => onView({ ...view, text })}
      />
      <div className={styles["chips"]} role="group" aria-label="Show">
        {SHOWS.map(({ show, label }) => (
          <Chip key={show} on={view.show === show} count={counts[show]} onClick={() => onView({ ...view, show })}>
            {label}
          </Chip>
        ))}
        {shown.map(({ facet, label }) => (
          <Chip key={facet} on={view.facets.includes(facet)} onClick={() => toggle(facet)}>
            {label}
          </Chip>
        ))}
        {folded.length === 0 ? null : (
          <Select
            aria-label="More to filter by"
            quiet
            className={styles["more"]}
            value=""
            options={[
              { value: "", label: `${folded.length} more` },
              ...folded.map(({ facet, label, count }) => ({ value: facet, label: `${label} (${count})` })),
            ]}
            onChange={toggle}
          />
        )}
      </div>
      <GroupAndLook labels={labels} narrow={narrow} />
    </div>
  );
}

/** One way to narrow a list, with how many it would show. */
export function Chip({
  on,
  count,
  onClick,
  children,
}: {
  on: boolean;
  count?: number;
  onClick: () => void;
  children: React.ReactNode;
}) {
  return (
    <button type="button" aria-pressed={on} onClick={onClick} className={cx(styles["chip"], on && styles["on"])}>
      {children}
      {count === undefined ? null : <b>{count}</b>}
    </button>
  );
}

/** A box for words to filter a list by, which `/` leads to and Esc empties. */
export function FilterBox({
  label,
  placeholder,
  text,
  onText,
}: {
  label: string;
  placeholder: string;
  text: string;
  onText: (text: string) => void;
}) {
  const input = useRef<HTMLInputElement>(null);
  const { shortcuts } = usePreferences();
  useEffect(() => {
    if (!shortcuts) return undefined;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [shortcuts]);
  return (
    <div className={styles["box"]}>
      <Search aria-hidden="true" />
      <TextInput
        ref={input}
        type="search"
        aria-label={label}
        placeholder={placeholder}
        value={text}
        onChange={(event) => onText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          if (text === "") input.current?.blur();
          onText("");
        }}
      />
      <span className={styles["hint"]} aria-hidden="true">
        <Kbd>/</Kbd>
      </span>
    </div>
  );
}

function GroupAndLook({ labels, narrow }: { labels: string[]; narrow: boolean }) {
  const { preferences } = useApp();
  const { groupBy, view } = usePreferences();
  const fleet = (useServers()?.length ?? 1) > 1;
  const options: { value: Preferences["groupBy"]; label: string }[] = [
    { value: "none", label: "Not grouped" },
    { value: "kind", label: "Group by kind" },
    { value: "state", label: "Group by state" },
    ...(fleet ? [{ value: "server" as const, label: "Group by server" }] : []),
    ...labels.map((label) => ({ value: `label:${label}` as const, label: `Group by ${label}` })),
  ];
  const known = options.some((option) => option.value === groupBy) ? groupBy : "none";
  return (
    <div className={styles["look"]}>
      <Select
        aria-label="Group services"
        quiet
        value={known}
        options={options}
        onChange={(value) => preferences.set({ groupBy: value })}
      />
      {narrow ? null : (
        <div role="group" aria-label="Look" className={styles["looks"]}>
          <IconButton label="Table" aria-pressed={view === "table"} onClick={() => preferences.set({ view: "table" })}>
            <Rows />
          </IconButton>
          <IconButton label="Cards" aria-pressed={view === "cards"} onClick={() => preferences.set({ view: "cards" })}>
            <Grid />
          </IconButton>
        </div>
      )}
    </div>
  );
}
