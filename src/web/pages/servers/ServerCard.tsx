// One server as a card: its state, how old that is, what it is busy with. Old values are dim and say so.
import { memo, type ReactNode } from "react";
import { Link } from "wouter";
import type { ServerNode } from "../../../contract/server.ts";
import { useServer } from "../../api/hooks.ts";
import { paths } from "../../paths.ts";
import { cx } from "../../ui/cx.ts";
import { ServerMark } from "../../ui/ServerMark.tsx";
import { HeartbeatAge, StaleWords } from "./Heartbeat.tsx";
import { ServerBars } from "./ServerBars.tsx";
import styles from "./ServerCard.module.css";

interface ServerCardProps {
  id: string;
  /** More of it below the bars. */
  more?: (server: ServerNode) => ReactNode;
}

/** Reads its server itself, so that a heartbeat draws one card. */
export const ServerCard = memo(function ServerCard({ id, more }: ServerCardProps) {
  const server = useServer(id);
  if (server === undefined) return null;
  return (
    <li className={cx(styles["card"], server.state === "offline" && styles["gone"])} data-server={server.name}>
      <div className={styles["head"]}>
        <ServerMark server={server} bare={server.state !== "new"} />
        <Link href={paths.server(server.name)} className={styles["name"]}>
          {server.name}
        </Link>
        <span className={styles["age"]}>
          <span className="visually-hidden">heard </span>
          <HeartbeatAge server={server} />
        </span>
      </div>
      <ServerBars server={server} />
      <StaleWords server={server} className={styles["stale"]} />
      {more?.(server)}
    </li>
  );
});

/** A server in one line, for where there are many. */
export const ServerChip = memo(function ServerChip({ id }: { id: string }) {
  const server = useServer(id);
  if (server === undefined) return null;
  return (
    <li className={cx(styles["chip"], server.state === "offline" && styles["gone"])} data-server={server.name}>
      <ServerMark server={server} bare />
      <Link href={paths.server(server.name)} className={styles["name"]}>
        {server.name}
      </Link>
      <span className={styles["age"]}>
        <HeartbeatAge server={server} />
      </span>
    </li>
  );
});
