// All servers, as a table or cards: are they heard, what are they busy with, which version do they run; and the way to add one,
// and to tell several to do something.
import Grid from "lucide-react/icons/layout-grid";
import Plus from "lucide-react/icons/plus";
import Rows from "lucide-react/icons/rows-3";
import { lazy, Suspense, useCallback, useMemo, useState, useSyncExternalStore } from "react";
import { useLocation, useSearch } from "wouter";
import type { ServerNode } from "../../../contract/server.ts";
import { useBlocked, usePreferences, useServers } from "../../api/hooks.ts";
import { useApp } from "../../app-context.ts";
import { paths } from "../../paths.ts";
import { Page } from "../../shell/Page.tsx";
import { Button, IconButton } from "../../ui/Button.tsx";
import { Empty, Loading } from "../../ui/Empty.tsx";
import { TextInput } from "../../ui/Field.tsx";
import { plural } from "../../ui/format.ts";
import { useMedia } from "../../ui/use-media.ts";
import barStyles from "../overview/BulkBar.module.css";
import { Selection } from "../overview/selection.ts";
import { fits, readServerView, tagsOf, writeServerView, type ServerView } from "./server-filter.ts";
import { ServerCard } from "./ServerCard.tsx";
import { ServerExtras } from "./ServerExtras.tsx";
import styles from "./Servers.module.css";
import { Pick, ServerTable } from "./ServerTable.tsx";

const RunCommand = lazy(async () => ({ default: (await import("../run/RunCommand.tsx")).RunCommand }));
const AddServer = lazy(async () => ({ default: (await import("./AddServer.tsx")).AddServer }));

/** More are shown when somebody asks. */
const AT_FIRST = 200;
const MOST_TAGS = 12;

export function ServersPage() {
  const servers = useServers();
  const [adding, setAdding] = useState(false);
  const mayAdd = useBlocked("write") === null;
  const offline = servers?.filter(({ state }) => state === "offline").length ?? 0;
  const sub =
    servers === null
      ? "one moment"
      : [plural(servers.length, "server"), offline > 0 && `${offline} offline`].filter(Boolean).join(" · ");
  return (
    <Page
      title="Servers"
      sub={sub}
      actions={
        mayAdd ? (
          <Button look="primary" onClick={() => setAdding(true)}>
            <Plus aria-hidden="true" /> Add server
          </Button>
        ) : undefined
      }
    >
      {servers === null ? <Loading lines={6} label="Loading servers" /> : <ServerList servers={servers} />}
      <Suspense fallback={null}>{adding ? <AddServer onClose={() => setAdding(false)} /> : null}</Suspense>
    </Page>
  );
}

function ServerList({ servers }: { servers: readonly ServerNode[] }) {
  const search = useSearch();
  const [, navigate] = useLocation();
  const view = useMemo(() => readServerView(search), [search]);
  const setView = (next: ServerView): void => navigate(paths.servers() + writeServerView(next), { replace: true });
  const { view: look } = usePreferences();
  const narrow = useMedia("(max-width: 767px)");
  const [all, setAll] = useState(false);
  const [kept] = useState(() => new Selection());
  const selection = useBlocked("write") === null ? kept : null;
  const more = useCallback(
    (server: ServerNode) => (
      <ServerExtras server={server}>
        {selection === null ? null : (
          <span className={styles["pick"]}>
            <Pick id={server.id} selection={selection} />
          </span>
        )}
      </ServerExtras>
    ),
    [selection],
  );
  const found = useMemo(() => servers.filter((server) => fits(server, view)), [servers, view]);
  const ids = useMemo(() => (all ? found : found.slice(0, AT_FIRST)).map(({ id }) => id), [found, all]);
  return (
    <>
      <ServerFilter servers={servers} view={view} onView={setView} narrow={narrow} />
      {found.length === 0 ? (
        <Empty
          title={servers.length === 0 ? "No servers yet" : `0 of ${plural(servers.length, "server")} match`}
          {...(servers.length > 0 && {
            buttons: <Button onClick={() => setView({ text: "", tags: [], state: "all" })}>Clear the filter</Button>,
          })}
        >
          {servers.length === 0 ? (
            <p>A server is a machine that runs services, or a bare one that only tells how it is. Add the first one.</p>
          ) : undefined}
        </Empty>
      ) : narrow || look === "cards" ? (
        <ul className={styles["cards"]} aria-label="Servers">
          {ids.map((id) => (
            <ServerCard key={id} id={id} more={more} />
          ))}
        </ul>
      ) : (
        <ServerTable ids={ids} selection={selection} />
      )}
      {found.length > ids.length ? (
        <Button look="plain" onClick={() => setAll(true)}>
          Show {found.length - ids.length} more
        </Button>
      ) : null}
      {selection === null ? null : <SelectedServers selection={selection} servers={servers} />}
    </>
  );
}

/** What can be told to the selected servers. */
function SelectedServers({ selection, servers }: { selection: Selection; servers: readonly ServerNode[] }) {
  useSyncExternalStore(selection.changed.subscribe, selection.changed.getVersion);
  const [running, setRunning] = useState(false);
  const chosen = servers.filter(({ id }) => selection.has(id));
  if (chosen.length === 0) return null;
  return (
    <>
      <div className={barStyles["bar"]} role="region" aria-label="Selected servers">
        <span className={barStyles["count"]} role="status">
          {plural(chosen.length, "server")} selected
        </span>
        <Button size="s" onClick={() => setRunning(true)}>
          Run a command…
        </Button>
        <Button size="s" look="plain" className={barStyles["clear"]} onClick={() => selection.clear()}>
          Clear
        </Button>
      </div>
      <Suspense fallback={null}>
        {running ? <RunCommand servers={chosen} onClose={() => setRunning(false)} /> : null}
      </Suspense>
    </>
  );
}

function ServerFilter({
  servers,
  view,
  onView,
  narrow,
}: {
  servers: readonly ServerNode[];
  view: ServerView;
  onView: (view: ServerView) => void;
  narrow: boolean;
}) {
  const { preferences } = useApp();
  const { view: look } = usePreferences();
  const known = tagsOf(servers);
  const tags = [...known.slice(0, MOST_TAGS), ...view.tags.filter((tag) => !known.slice(0, MOST_TAGS).includes(tag))];
  const toggleTag = (tag: string): void =>
    onView({
      ...view,
      tags: view.tags.includes(tag) ? view.tags.filter((other) => other !== tag) : [...view.tags, tag],
    });
  const away = servers.filter(({ state }) => state === "offline").length;
  return (
    <div className={styles["bar"]}>
      <TextInput
        type="search"
        aria-label="Filter servers"
        placeholder="Filter by name, address…"
        className={styles["filter"]}
        value={view.text}
        onChange={(event) => onView({ ...view, text: event.target.value })}
      />
      <div role="group" aria-label="Show" className={styles["chips"]}>
        <Chip on={view.state === "all"} onClick={() => onView({ ...view, state: "all" })}>
          All <b>{servers.length}</b>
        </Chip>
        <Chip on={view.state === "offline"} onClick={() => onView({ ...view, state: "offline" })}>
          Offline <b>{away}</b>
        </Chip>
        {tags.map((tag) => (
          <Chip key={tag} on={view.tags.includes(tag)} onClick={() => toggleTag(tag)}>
            {tag}
          </Chip>
        ))}
      </div>
      {narrow ? null : (
        <div role="group" aria-label="Look" className={styles["looks"]}>
          <IconButton label="Table" aria-pressed={look === "table"} onClick={() => preferences.set({ view: "table" })}>
            <Rows />
          </IconButton>
          <IconButton label="Cards" aria-pressed={look === "cards"} onClick={() => preferences.set({ view: "cards" })}>
            <Grid />
          </IconButton>
        </div>
      )}
    </div>
  );
}

function Chip({ on, onClick, children }: { on: boolean; onClick: () => void; children: React.ReactNode }) {
  return (
    <button type="button" aria-pressed={on} onClick={onClick} className={styles["chip"]}>
      {children}
    </button>
  );
}
