// What every part of the dashboard can ask for, made once in main.tsx: the live stores, their socket, preferences, toasts, acts.
import type { QueryClient } from "@tanstack/react-query";
import { createContext, use } from "react";
import type { Principal } from "../contract/transfer.ts";
import type { Acts } from "./api/acts.ts";
import type { LiveSocket } from "./api/live.ts";
import type { LiveStore } from "./api/live-store.ts";
import type { ServerStore } from "./api/server-store.ts";
import type { Asking } from "./dependencies/asking.ts";
import type { PreferenceStore } from "./preferences/preferences.ts";
import type { Toasts } from "./ui/toast-manager.ts";

export interface AppContext {
  store: LiveStore;
  servers: ServerStore;
  socket: LiveSocket;
  queries: QueryClient;
  preferences: PreferenceStore;
  toasts: Toasts;
  acts: Acts;
  /** What is to be agreed to before an act. */
  asking: Asking;
  /** Who looks, as the hub sees them. */
  principal: Principal;
}

export const AppContextValue = createContext<AppContext | null>(null);

/** The parts of the dashboard. */
export function useApp(): AppContext {
  const app = use(AppContextValue);
  if (app === null) throw new Error("Cannot use the dashboard's parts: no provider above");
  return app;
}
