// All services: chips and a filter above, a dense table or cards below, virtualised; what is selected can be acted on together.
import { useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { SECOND } from "../../../base/units.ts";
import { usePreferences, useServers, useServices } from "../../api/hooks.ts";
import { useApp } from "../../app-context.ts";
import { paths } from "../../paths.ts";
import { Button } from "../../ui/Button.tsx";
import { Empty } from "../../ui/Empty.tsx";
import { Section } from "../../ui/Panel.tsx";
import { useTicking } from "../../ui/ticker.ts";
import { useMedia } from "../../ui/use-media.ts";
import { BulkBar } from "./BulkBar.tsx";
import {
  facetsOf,
  groupServices,
  isShown,
  labelKeysOf,
  matches,
  readView,
  sortServices,
  writeView,
  type View,
} from "./filter.ts";
import { FilterBar } from "./FilterBar.tsx";
import type { Problem } from "./problems.ts";
import { Selection } from "./selection.ts";
import { ServiceCards } from "./ServiceCards.tsx";
import { ServiceTable } from "./ServiceTable.tsx";
import { useListKeys } from "./use-list-keys.ts";

const MOST_LABEL_CHIPS = 40;
/** Rows sorted by a number that moves change places this often, not with each sample. */
const RESORT_EVERY = 3 * SECOND;

export function ServiceList({ problems }: { problems: Problem[] }) {
  const services = useServices();
  const { view: look, groupBy } = usePreferences();
  const [view, setView] = useView();
  const text = useDeferredValue(view.text);
  const narrow = useMedia("(max-width: 767px)");
  const [selection] = useState(() => new Selection());
  const troubled = useMemo(() => new Set(problems.flatMap(({ service }) => service ?? [])), [problems]);
  const resort = useResort(view.sort);

  const { store } = useApp();
  const servers = useServers();
  const nameOf = useMemo(() => {
    const names = new Map(servers?.map(({ id, name }) => [id, name]));
    return (id: string) => names.get(id);
  }, [servers]);
  const found = useMemo(
    () => services.filter((status) => matches(status, { ...view, text }, nameOf)),
    [services, view, text, nameOf],
  );
  const groups = useMemo(() => {
    // Read anew from the store: numbers moved since `services` was made.
    const rows = found
      .filter((status) => isShown(status, view.show, troubled))
      .map((status) => store.row(status.name) ?? status);
    return groupServices(sortServices(rows, view.sort, view.descending), groupBy, nameOf);
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- resort is a clock
  }, [found, view.show, view.sort, view.descending, troubled, groupBy, nameOf, store, resort]);
  const order = useMemo(() => groups.flatMap(({ names }) => names), [groups]);
  useForgetHidden(selection, services.length, order);
  const keys = useListKeys(order, selection);

  const counts = useMemo(() => countShows(found, troubled), [found, troubled]);
  const body =
    order.length === 0 ? (
      <Filtered total={services.length} onClear={() => setView({ ...view, text: "", show: "all", facets: [] })} />
    ) : narrow || look === "cards" ? (
      <ServiceCards groups={groups} selection={selection} keys={keys} narrow={narrow} />
    ) : (
      <ServiceTable groups={groups} order={order} selection={selection} keys={keys} view={view} onView={setView} />
    );
  return (
    <Section
      title="Services"
      note={order.length === services.length ? services.length : `${order.length} of ${services.length}`}
    >
      <FilterBar
        view={view}
        onView={setView}
        counts={counts}
        facets={useMemo(() => facetsOf(services, MOST_LABEL_CHIPS, nameOf), [services, nameOf])}
        labels={useMemo(() => labelKeysOf(services), [services])}
        narrow={narrow}
      />
      {body}
      <BulkBar selection={selection} keys={keys} />
    </Section>
  );
}

function useView(): [View, (view: View) => void] {
  const search = useSearch();
  const [, navigate] = useLocation();
  const view = useMemo(() => readView(search), [search]);
  return [view, (next) => navigate(paths.overview() + writeView(next), { replace: true })];
}

/** Changes when rows may be put in order anew. */
function useResort(sort: View["sort"]): number {
  const moving = sort === "cpu" || sort === "memory";
  return useTicking((now) => (moving ? Math.floor(now / RESORT_EVERY) : 0));
}

/** Services that are gone cannot stay selected. */
function useForgetHidden(selection: Selection, total: number, order: readonly string[]): void {
  const { store } = useApp();
  const before = useRef(total);
  useEffect(() => {
    if (before.current === total) return;
    before.current = total;
    selection.set(
      selection.all().filter((name) => store.row(name) === undefined),
      false,
    );
  }, [selection, store, total, order]);
}

function countShows(found: ReturnType<typeof useServices>, troubled: ReadonlySet<string>) {
  const count = (show: View["show"]): number => found.filter((status) => isShown(status, show, troubled)).length;
  return { all: found.length, running: count("running"), problems: count("problems"), stopped: count("stopped") };
}

function Filtered({ total, onClear }: { total: number; onClear: () => void }) {
  return <Empty title={`0 of ${total} services match`} buttons={<Button onClick={onClear}>Clear the filter</Button>} />;
}
