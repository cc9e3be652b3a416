// Which page stands at which address, and what of it the navigation shows. Pages other than the first are loaded when wanted.
import Cable from "lucide-react/icons/cable";
import CalendarClock from "lucide-react/icons/calendar-clock";
import ChartLine from "lucide-react/icons/chart-line";
import Home from "lucide-react/icons/house";
import KeyRound from "lucide-react/icons/key-round";
import ListChecks from "lucide-react/icons/list-checks";
import ServerIcon from "lucide-react/icons/server";
import Waypoints from "lucide-react/icons/waypoints";
import Cog from "lucide-react/icons/settings";
import { lazy, type ComponentType } from "react";
import { Overview } from "./pages/overview/Overview.tsx";
import { paths } from "./paths.ts";

export interface PageRoute {
  /** Pattern of the address, as wouter reads it. */
  pattern: string;
  page: ComponentType;
  /** What broke, when it breaks. */
  name: string;
  nav?: {
    label: string;
    to: string;
    icon: ComponentType;
    /** Key after `g` that leads there. */
    key: string;
    /** Also in the bottom bar of phones. */
    phone: boolean;
    /** Only for those who may do this. */
    needs?: "admin";
  };
}

const ServicePage = lazy(async () => ({ default: (await import("./pages/service/ServicePage.tsx")).ServicePage }));
const AddServicePage = lazy(async () => ({
  default: (await import("./pages/add-service/AddServicePage.tsx")).AddServicePage,
}));
const AdoptPage = lazy(async () => ({ default: (await import("./pages/adopt/AdoptPage.tsx")).AdoptPage }));
const ImportPage = lazy(async () => ({ default: (await import("./pages/import/ImportPage.tsx")).ImportPage }));
const FirstRunPage = lazy(async () => ({ default: (await import("./pages/first-run/FirstRunPage.tsx")).FirstRunPage }));
const ServersPage = lazy(async () => ({ default: (await import("./pages/servers/ServersPage.tsx")).ServersPage }));
const ServerPage = lazy(async () => ({ default: (await import("./pages/server/ServerPage.tsx")).ServerPage }));
const MetricsPage = lazy(async () => ({ default: (await import("./pages/metrics/MetricsPage.tsx")).MetricsPage }));
const OperationsPage = lazy(async () => ({
  default: (await import("./pages/operations/OperationsPage.tsx")).OperationsPage,
}));
const OperationPage = lazy(async () => ({
  default: (await import("./pages/operations/OperationPage.tsx")).OperationPage,
}));
const TasksSection = lazy(async () => ({ default: (await import("./pages/tasks/TasksSection.tsx")).TasksSection }));
const GraphPage = lazy(async () => ({ default: (await import("./pages/graph/GraphPage.tsx")).GraphPage }));
const PortsPage = lazy(async () => ({ default: (await import("./pages/ports/PortsPage.tsx")).PortsPage }));
const TokensPage = lazy(async () => ({ default: (await import("./pages/tokens/TokensPage.tsx")).TokensPage }));
const SettingsPage = lazy(async () => ({ default: (await import("./pages/settings/SettingsPage.tsx")).SettingsPage }));

export const PAGES: readonly PageRoute[] = [
  {
    pattern: "/",
    page: Overview,
    name: "The overview",
    nav: { label: "Overview", to: paths.overview(), icon: Home, key: "o", phone: true },
  },
  {
    pattern: paths.servers(),
    page: ServersPage,
    name: "The list of servers",
    nav: { label: "Servers", to: paths.servers(), icon: ServerIcon, key: "n", phone: true },
  },
  { pattern: "/servers/:id", page: ServerPage, name: "The server's page" },
  {
    pattern: paths.metrics(),
    page: MetricsPage,
    name: "The metrics",
    nav: { label: "Metrics", to: paths.metrics(), icon: ChartLine, key: "m", phone: true },
  },
  {
    pattern: paths.tasks(),
    page: TasksSection,
    name: "The list of tasks",
    nav: { label: "Tasks", to: paths.tasks(), icon: CalendarClock, key: "t", phone: false },
  },
  { pattern: paths.addTask(), page: TasksSection, name: "The form for a new task" },
  { pattern: "/tasks/*", page: TasksSection, name: "The task's page" },
  {
    pattern: paths.graph(),
    page: GraphPage,
    name: "The graph",
    nav: { label: "Graph", to: paths.graph(), icon: Waypoints, key: "d", phone: false },
  },
  {
    pattern: paths.operations(),
    page: OperationsPage,
    name: "The list of operations",
    nav: { label: "Operations", to: paths.operations(), icon: ListChecks, key: "x", phone: false },
  },
  { pattern: "/ops/:id", page: OperationPage, name: "The operation's page" },
  { pattern: "/services/:name", page: ServicePage, name: "The service's page" },
  { pattern: paths.addService(), page: AddServicePage, name: "The form for a new service" },
  { pattern: paths.adopt(), page: AdoptPage, name: "The list of processes" },
  { pattern: paths.import(), page: ImportPage, name: "The import" },
  { pattern: paths.firstRun(), page: FirstRunPage, name: "The welcome" },
  {
    pattern: paths.ports(),
    page: PortsPage,
    name: "The list of ports",
    nav: { label: "Ports", to: paths.ports(), icon: Cable, key: "p", phone: false },
  },
  {
    pattern: paths.tokens(),
    page: TokensPage,
    name: "The list of tokens",
    nav: { label: "Tokens", to: paths.tokens(), icon: KeyRound, key: "k", phone: false, needs: "admin" },
  },
  {
    pattern: paths.settings(),
    page: SettingsPage,
    name: "The settings",
    nav: { label: "Settings", to: paths.settings(), icon: Cog, key: "s", phone: true },
  },
];
