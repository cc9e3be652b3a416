// What happened to a service: why its processes ended, and every event kept.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { StoredEvent } from "../../../contract/events.ts";
import type { ServiceStatus } from "../../../contract/status.ts";
import { call } from "../../api/client.ts";
import { useApp } from "../../app-context.ts";
import { Button } from "../../ui/Button.tsx";
import { Empty, Loading } from "../../ui/Empty.tsx";
import { plural } from "../../ui/format.ts";
import { Panel, Section } from "../../ui/Panel.tsx";
import { StateMark } from "../../ui/StateMark.tsx";
import { Ago } from "../../ui/Time.tsx";
import { ExitList } from "./ExitList.tsx";
import styles from "./History.module.css";
import { useExits } from "./Summary.tsx";

const PAGE = 50;
const EXITS_AT_FIRST = 15;

export function History({ status }: { status: ServiceStatus }) {
  const exits = useExits(status, 200);
  const [all, setAll] = useState(false);
  return (
    <div className={styles["grid"]}>
      <Section title="Why it ended" note={exits.data?.length}>
        {exits.isPending ? (
          <Loading label="Loading ends" />
        ) : exits.data === undefined || exits.data.length === 0 ? (
          <Empty title="It has not ended yet">
            Each end of a process will stand here, with its cause and its last lines.
          </Empty>
        ) : (
          <Panel>
            <ExitList exits={all ? exits.data : exits.data.slice(0, EXITS_AT_FIRST)} />
            {exits.data.length > EXITS_AT_FIRST && !all ? (
              <Button size="s" look="plain" onClick={() => setAll(true)}>
                Older ends
              </Button>
            ) : null}
          </Panel>
        )}
      </Section>
      <Section title="Events">
        <Events service={status.name} />
      </Section>
    </div>
  );
}

function Events({ service }: { service: string }) {
  const { socket, queries } = useApp();
  const key = ["events", service];
  const events = useInfiniteQuery({
    queryKey: key,
    initialPageParam: undefined as number | undefined,
    queryFn: ({ pageParam, signal }) =>
      call("GET /api/events/recent", {
        query: { service, limit: PAGE, ...(pageParam !== undefined && { before: pageParam }) },
        signal,
      }),
    getNextPageParam: (last) => (last.length < PAGE ? undefined : last.at(-1)?.seq),
  });
  useEffect(
    () =>
      socket.on("event", ({ data }) => {
        if (data.event.service === service) void queries.invalidateQueries({ queryKey: ["events", service] });
      }),
    [socket, queries, service],
  );
  if (events.isPending) return <Loading label="Loading events" />;
  const all = events.data?.pages.flat() ?? [];
  if (all.length === 0) return <Empty title="Nothing has happened yet" />;
  return (
    <Panel>
      <ol className={styles["events"]}>
        {all.map((stored) => (
          <li key={stored.seq}>
            <span className={styles["when"]}>
              <Ago at={stored.event.at} />
            </span>
            <EventWords stored={stored} />
          </li>
        ))}
      </ol>
      {events.hasNextPage ? (
        <Button size="s" look="plain" onClick={() => void events.fetchNextPage()}>
          Older events
        </Button>
      ) : null}
    </Panel>
  );
}

function EventWords({ stored: { event } }: { stored: StoredEvent }) {
  const by = event.by === null ? "" : ` by ${event.by}`;
  const which = event.index === null || event.index === 0 ? "" : `#${event.index} `;
  switch (event.type) {
    case "instance.state":
      return (
        <span>
          {which}
          <StateMark state={event.state} />{" "}
          <span className={styles["more"]}>{[event.reason, by].filter(Boolean).join(",")}</span>
        </span>
      );
    case "instance.exited":
      return (
        <span>
          {which}ended: {event.exit.message}
          {by}
        </span>
      );
    case "output.dropped":
      return (
        <span>
          {plural(event.lines, "line")} of output dropped: {event.reason}
        </span>
      );
    case "service.added":
      return (
        <span>
          added as r{event.revision}
          {by}
        </span>
      );
    case "service.changed":
      return (
        <span>
          definition r{event.revision} saved{by}
        </span>
      );
    case "service.deleted":
      return <span>deleted{by}</span>;
    default:
      return null;
  }
}
