// The frame around every page: navigation, banner of a lost connection, toasts, palette and keyboard.
import { Suspense, lazy, useState, useSyncExternalStore } from "react";
import { Route, Switch } from "wouter";
import { useApp } from "../app-context.ts";
import { useStale } from "../api/hooks.ts";
import { PAGES } from "../routes.tsx";
import { ErrorBoundary } from "../ui/ErrorBoundary.tsx";
import { Loading } from "../ui/Empty.tsx";
import styles from "./App.module.css";
import { BottomBar, SideNav } from "./Navigation.tsx";
import { LostBanner } from "./LostBanner.tsx";
import { NotFound } from "./NotFound.tsx";
import { Announcer } from "./Announcer.tsx";
import { ShellContextValue, type ShellPanel } from "./shell-context.ts";
import { useGlobalKeys } from "./use-global-keys.ts";

// After the first screen, which has no toast yet: they bring a quarter of its weight.
const ToastStack = lazy(async () => ({ default: (await import("../ui/Toasts.tsx")).ToastStack }));
const Palette = lazy(async () => ({ default: (await import("../palette/Palette.tsx")).Palette }));
const ConsentSheet = lazy(async () => ({ default: (await import("../dependencies/ConsentSheet.tsx")).ConsentSheet }));
const KeyboardHelp = lazy(async () => ({ default: (await import("./KeyboardHelp.tsx")).KeyboardHelp }));

export function App() {
  const { toasts, asking } = useApp();
  const question = useSyncExternalStore(asking.changed.subscribe, () => asking.question);
  const stale = useStale();
  const [panel, setPanel] = useState<ShellPanel | null>(null);
  useGlobalKeys(setPanel);
  return (
    <ShellContextValue value={setPanel}>
      <div className={styles["shell"]} data-stale={stale ? "" : undefined}>
        <a href="#main" className={styles["skip"]}>
          Skip to the content
        </a>
        <SideNav />
        <main id="main" tabIndex={-1} className={styles["main"]}>
          <LostBanner />
          <Switch>
            {PAGES.map(({ pattern, page: Page, name }) => (
              <Route key={pattern} path={pattern}>
                <ErrorBoundary part={name}>
                  <Suspense fallback={<Loading lines={6} />}>
                    <Page />
                  </Suspense>
                </ErrorBoundary>
              </Route>
            ))}
            <Route>
              <NotFound />
            </Route>
          </Switch>
        </main>
        <BottomBar />
      </div>
      <Announcer />
      <Suspense fallback={null}>
        <ToastStack toasts={toasts} />
      </Suspense>
      <Suspense fallback={null}>
        {panel === "palette" ? <Palette onClose={() => setPanel(null)} /> : null}
        {panel === "keyboard" ? <KeyboardHelp onClose={() => setPanel(null)} /> : null}
        {question === null ? null : <ConsentSheet question={question} onAnswer={(yes) => asking.answer(yes)} />}
      </Suspense>
    </ShellContextValue>
  );
}
