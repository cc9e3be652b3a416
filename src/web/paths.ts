// Every address of the dashboard, built here and nowhere else.

/** Tabs of a service's page; the first one is the default and left out of the address. */
export const SERVICE_TABS = ["summary", "output", "processes", "definition", "history"] as const;
/** One of `SERVICE_TABS`. */
export type ServiceTab = (typeof SERVICE_TABS)[number];

/** Tabs of a server's page; the first one is the default and left out of the address. */
export const SERVER_TABS = ["charts", "services", "processes", "ports", "events"] as const;
/** One of `SERVER_TABS`. */
export type ServerTab = (typeof SERVER_TABS)[number];

/** How the page of dependencies shows them. */
export type GraphView = "graph" | "list";

/** Addresses of the dashboard's pages. */
export const paths = {
  overview: () => "/",
  service: (name: string, tab: ServiceTab = "summary") =>
    `/services/${encodeURIComponent(name)}${tab === "summary" ? "" : `?tab=${tab}`}`,
  /** One line of a service's output. */
  outputLine: (name: string, { index, server }: { index: number; server?: string | undefined }, cursor: string) =>
    `/services/${encodeURIComponent(name)}?tab=output${index === 0 ? "" : `&instance=${index}`}${
      server === undefined ? "" : `&server=${encodeURIComponent(server)}`
    }&at=${encodeURIComponent(cursor)}`,
  servers: () => "/servers",
  /** By name, or by id. */
  server: (name: string, tab: ServerTab = "charts") =>
    `/servers/${encodeURIComponent(name)}${tab === "charts" ? "" : `?tab=${tab}`}`,
  /** Not /metrics, which is for scrapers. */
  metrics: () => "/compare",
  /** `service` is the one whose reach is shown. */
  graph: ({ view, service }: { view?: GraphView; service?: string | null } = {}) => {
    const search = new URLSearchParams({ ...(view !== undefined && { view }), ...(service && { service }) }).toString();
    return search === "" ? "/graph" : `/graph?${search}`;
  },
  operations: () => "/ops",
  operation: (id: string) => `/ops/${encodeURIComponent(id)}`,
  tasks: () => "/tasks",
  task: (name: string) => `/tasks/${encodeURIComponent(name)}`,
  editTask: (name: string) => `/tasks/${encodeURIComponent(name)}/edit`,
  taskRun: (name: string, id: string) => `/tasks/${encodeURIComponent(name)}/runs/${encodeURIComponent(id)}`,
  /** Not below /tasks, where a task may have any name. */
  addTask: (service?: string) => `/add-task${service === undefined ? "" : `?service=${encodeURIComponent(service)}`}`,
  addService: () => "/add",
  adopt: () => "/adopt",
  import: () => "/import",
  ports: () => "/ports",
  tokens: () => "/tokens",
  settings: () => "/settings",
  firstRun: () => "/welcome",
  signIn: () => "/sign-in",
  /** Served by the hub, not by the dashboard. */
  apiDocs: () => "/docs",
};
