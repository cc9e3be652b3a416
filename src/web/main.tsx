// The dashboard's composition root: makes the parts, connects, asks who looks, and renders.
// First, so that the order of the cascade layers stands before any component names one.
import "./styles/tokens.css";
import "./styles/base.css";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import type { Principal } from "../contract/transfer.ts";
import { createActs } from "./api/acts.ts";
import { ApiError, call } from "./api/client.ts";
import { LiveSocket } from "./api/live.ts";
import { LiveStore } from "./api/live-store.ts";
import { explain } from "./api/problems.ts";
import { ServerStore } from "./api/server-store.ts";
import { AppContextValue, type AppContext } from "./app-context.ts";
import { Asking } from "./dependencies/asking.ts";
import { PreferenceStore } from "./preferences/preferences.ts";
import { paths } from "./paths.ts";
import { App } from "./shell/App.tsx";
import { HubAway } from "./shell/HubAway.tsx";
import { SignIn } from "./shell/SignIn.tsx";
import { Toasts } from "./ui/toast-manager.ts";

const ANONYMOUS: Principal = { kind: "anonymous", name: "anonymous", role: null, reason: "no answer" };

const element = document.querySelector("#root");
if (element === null) throw new Error("Cannot show the dashboard: index.html has no #root");
const root = createRoot(element);
const preferences = new PreferenceStore();

/** Before the next paint; a hidden page is never painted, so there a timer does it. */
function schedule(act: () => void): void {
  if (document.hidden) setTimeout(act, 250);
  else requestAnimationFrame(act);
}

async function openSocket(): Promise<WebSocket> {
  const { ticket } = await call("POST /api/ws-ticket");
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return new WebSocket(`${scheme}://${location.host}/ws?ticket=${encodeURIComponent(ticket)}`);
}

/** Everything below the page's root, for one who may look. */
function createApp(principal: Principal): AppContext {
  const store = new LiveStore(schedule);
  const servers = new ServerStore(schedule);
  const socket = new LiveSocket({
    store,
    servers,
    now: Date.now,
    open: async () => {
      try {
        return await openSocket();
      } catch (error) {
        // The session ended or was revoked while the page was open.
        if (error instanceof ApiError && error.code === "unauthenticated") renderSignIn();
        throw error;
      }
    },
  });
  const toasts = new Toasts();
  const asking = new Asking();
  const queries = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5000,
        refetchOnWindowFocus: false,
        retry: (failures, error) => failures < 2 && error instanceof ApiError && error.problem.status >= 500,
      },
    },
  });
  socket.connect();
  window.addEventListener("online", () => socket.connect());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) socket.connect();
  });
  return {
    store,
    servers,
    socket,
    queries,
    preferences,
    toasts,
    principal,
    asking,
    acts: createActs({
      store,
      socket,
      toasts,
      consent: async (name, action) =>
        (await import("./dependencies/consent.ts")).consentTo(name, action, { queries, store, asking }),
    }),
  };
}

/** Where one who has just come in begins: with the welcome, as long as there is nothing to look at. */
async function begin(): Promise<void> {
  const services = await call("GET /api/services").catch(() => undefined);
  location.replace(services?.length === 0 ? paths.firstRun() : paths.overview());
}

function renderSignIn(): void {
  root.render(
    <StrictMode>
      <SignIn onSignedIn={() => void begin()} />
    </StrictMode>,
  );
}

async function start(): Promise<void> {
  if (location.pathname === paths.signIn()) return renderSignIn();
  let principal = ANONYMOUS;
  try {
    principal = await call("GET /api/whoami");
  } catch (error) {
    return root.render(<HubAway explanation={explain(error)} onRetry={() => void start()} />);
  }
  if (principal.role === null) return renderSignIn();
  const app = createApp(principal);
  root.render(
    <StrictMode>
      <QueryClientProvider client={app.queries}>
        <AppContextValue value={app}>
          <App />
        </AppContextValue>
      </QueryClientProvider>
    </StrictMode>,
  );
}

void start();
