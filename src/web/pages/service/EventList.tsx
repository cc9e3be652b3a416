// What happened to a service or on a server, newest first.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { Link } from "wouter";
import type { StoredEvent } from "../../../contract/events.ts";
import { call } from "../../api/client.ts";
import { useApp } from "../../app-context.ts";
import { paths } from "../../paths.ts";
import { Button } from "../../ui/Button.tsx";
import { Empty, Loading } from "../../ui/Empty.tsx";
import { plural } from "../../ui/format.ts";
import { Panel } from "../../ui/Panel.tsx";
import { ServerMark } from "../../ui/ServerMark.tsx";
import { StateMark } from "../../ui/StateMark.tsx";
import { Ago } from "../../ui/Time.tsx";
import styles from "./History.module.css";

const PAGE = 50;

/** Events of one service, or of one server (an id) with all its services. */
export type EventsOf = { service: string } | { server: string };

export function EventList({ of }: { of: EventsOf }) {
  const { socket, queries } = useApp();
  const about = "service" in of ? of.service : of.server;
  const onServer = "server" in of;
  const key = useMemo(() => ["events", onServer, about], [onServer, about]);
  const events = useInfiniteQuery({
    queryKey: key,
    initialPageParam: undefined as number | undefined,
    queryFn: ({ pageParam, signal }) =>
      call("GET /api/events/recent", {
        query: { ...of, limit: PAGE, ...(pageParam !== undefined && { before: pageParam }) },
        signal,
      }),
    getNextPageParam: (last) => (last.length < PAGE ? undefined : last.at(-1)?.seq),
  });
  useEffect(
    () =>
      socket.on("event", ({ data }) => {
        const its = onServer ? data.event.server_id : data.event.service;
        if (its === about) void queries.invalidateQueries({ queryKey: key });
      }),
    [socket, queries, key, onServer, about],
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
            <EventWords stored={stored} named={onServer} />
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

/** `named` where the list is not of one service: then each line says whose it is. */
function EventWords({ stored: { event }, named }: { stored: StoredEvent; named: boolean }) {
  const by = event.by === null ? "" : ` by ${event.by}`;
  const { servers } = useApp();
  const index = event.index === null || event.index === 0 ? "" : `#${event.index} `;
  const server = named || event.server_id === null ? undefined : servers.get(event.server_id)?.name;
  // With one machine only, it would say the same in each line.
  const where = server === undefined || servers.all().length < 2 ? "" : `${server} `;
  const which = (
    <>
      {named && event.service !== null ? <Link href={paths.service(event.service)}>{event.service}</Link> : null}
      {named && event.service !== null ? " " : where}
      {index}
    </>
  );
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
    case "check.state":
      return (
        <span>
          {which}check {event.check} {event.state === "failing" ? "fails" : "passes again"}
          {event.reason === null ? "" : `: ${event.reason}`}
        </span>
      );
    case "output.dropped":
      return (
        <span>
          {which}
          {plural(event.lines, "line")} of output dropped: {event.reason}
        </span>
      );
    case "service.added":
      return (
        <span>
          {which}added as r{event.revision}
          {by}
        </span>
      );
    case "service.changed":
      return (
        <span>
          {which}definition r{event.revision} saved{by}
        </span>
      );
    case "service.deleted":
      return (
        <span>
          {which}deleted{by}
        </span>
      );
    case "server.enrolled":
      return (
        <span>
          enrolled as {event.name}
          {by}
        </span>
      );
    case "server.removed":
      return <span>removed{by}</span>;
    case "server.state":
      return (
        <span>
          the server <ServerMark server={{ state: event.state, revoked: false }} />{" "}
          {event.state === "offline" && event.since !== null ? (
            <span className={styles["more"]}>
              heard last <Ago at={event.since} />
            </span>
          ) : null}
        </span>
      );
    case "server.entries_dropped":
      return (
        <span>
          {plural(event.entries, "entry", "entries")} of its journal lost: {event.reason}
        </span>
      );
    default:
      return null;
  }
}
