// What every page begins with: its heading, the way to search, whether values are live, the theme, and its own acts.
import Moon from "lucide-react/icons/moon";
import Search from "lucide-react/icons/search";
import Sun from "lucide-react/icons/sun";
import { useEffect, useRef, type ReactNode } from "react";
import { useLink, usePreferences } from "../api/hooks.ts";
import { useApp } from "../app-context.ts";
import { IconButton } from "../ui/Button.tsx";
import { Kbd } from "../ui/Tag.tsx";
import styles from "./Page.module.css";
import { useOpenPanel } from "./shell-context.ts";

interface PageProps {
  /** Heading and title of the window. */
  title: string;
  /** In place of the bare title in the heading. */
  heading?: ReactNode;
  /** One quiet line below the heading. */
  sub?: ReactNode;
  /** Buttons at the end of the header; the primary one last. */
  actions?: ReactNode;
  children: ReactNode;
}

let visited = false;

export function Page({ title, heading, sub, actions, children }: PageProps) {
  const h1 = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · tailherd`;
  }, [title]);
  useEffect(() => {
    // After a change of page the reader begins at its heading; on the first page the browser's own start is right.
    if (visited) h1.current?.focus({ preventScroll: true });
    visited = true;
  }, []);
  return (
    <>
      <header className={styles["header"]}>
        <div className={styles["title"]}>
          <h1 ref={h1} tabIndex={-1}>
            {heading ?? title}
          </h1>
          {sub === undefined ? null : <div className={styles["sub"]}>{sub}</div>}
        </div>
        <SearchButton />
        <LiveMark />
        <ThemeSwitch />
        {actions}
      </header>
      {children}
    </>
  );
}

function SearchButton() {
  const open = useOpenPanel();
  const apple = /Mac|iPhone|iPad/.test(navigator.userAgent);
  return (
    <button
      type="button"
      className={styles["search"]}
      onClick={() => open("palette")}
      aria-keyshortcuts="Control+K Meta+K"
    >
      <Search aria-hidden="true" />
      <span className={styles["hint"]}>Search or run a command</span>
      <span className={styles["keys"]} aria-hidden="true">
        <Kbd>{apple ? "⌘" : "Ctrl"}</Kbd>
        <Kbd>K</Kbd>
      </span>
    </button>
  );
}

function LiveMark() {
  const { phase } = useLink();
  const word = { connecting: "connecting", live: "live", lost: "lost" }[phase];
  return (
    <span
      className={styles["live"]}
      data-phase={phase}
      title={phase === "live" ? "Changes show as they happen" : undefined}
    >
      <i aria-hidden="true" />
      {word}
    </span>
  );
}

function ThemeSwitch() {
  const { preferences } = useApp();
  usePreferences();
  const next = preferences.shownTheme() === "dark" ? "light" : "dark";
  return (
    <IconButton
      label={`Use the ${next} theme`}
      onClick={() => preferences.set({ theme: next })}
      className={styles["theme"]}
    >
      {next === "light" ? <Sun /> : <Moon />}
    </IconButton>
  );
}
