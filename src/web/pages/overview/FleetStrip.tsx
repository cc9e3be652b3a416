// The machines in one strip: the single one in a line with all its numbers, a few as cards, many as chips that scroll.
import { useMemo } from "react";
import { Link } from "wouter";
import type { ServerNode } from "../../../contract/server.ts";
import { useServers } from "../../api/hooks.ts";
import { paths } from "../../paths.ts";
import { ServerCard, ServerChip } from "../servers/ServerCard.tsx";
import styles from "./FleetStrip.module.css";
import { MachineStrip } from "./MachineStrip.tsx";

const MOST_CARDS = 10;
const MOST_CHIPS = 120;
const GRAVITY: Record<ServerNode["state"], number> = { offline: 0, late: 1, new: 2, online: 3 };

export function FleetStrip() {
  const servers = useServers();
  const order = useMemo(() => idsOf(servers ?? []), [servers]);
  if (servers === null || (servers.length < 2 && servers[0]?.kind !== "agent" && servers[0]?.kind !== "bare")) {
    return <MachineStrip />;
  }
  const many = servers.length > MOST_CARDS;
  return (
    <section aria-label="Servers" className={styles["strip"]} {...(many && { tabIndex: 0 })}>
      <ul className={many ? styles["chips"] : styles["cards"]}>
        {order
          .slice(0, MOST_CHIPS)
          .map((id) => (many ? <ServerChip key={id} id={id} /> : <ServerCard key={id} id={id} />))}
      </ul>
      {order.length > MOST_CHIPS ? (
        <Link href={paths.servers()} className={styles["all"]}>
          All {order.length} servers
        </Link>
      ) : null}
    </section>
  );
}

/** A few stay where they are; of many those in trouble come first, since the rest may be out of view. */
function idsOf(servers: readonly ServerNode[]): string[] {
  const sorted =
    servers.length > MOST_CARDS ? servers.toSorted((a, b) => GRAVITY[a.state] - GRAVITY[b.state]) : servers;
  return sorted.map(({ id }) => id);
}
