// What a card of the servers' page tells below the bars, and what a row has cells for: services, version, tags.
import type { ReactNode } from "react";
import type { ServerNode } from "../../../contract/server.ts";
import { useApp } from "../../app-context.ts";
import { plural } from "../../ui/format.ts";
import { Tag } from "../../ui/Tag.tsx";
import styles from "./Servers.module.css";

export function ServerExtras({ server, children }: { server: ServerNode; children?: ReactNode }) {
  return (
    <div className={styles["extras"]}>
      <span>{plural(server.services.length, "service")}</span>
      <Version server={server} />
      <Tags tags={server.tags} />
      {children}
    </div>
  );
}

export function Tags({ tags }: { tags: readonly string[] }) {
  return (
    <span className={styles["tags"]}>
      {tags.map((tag) => (
        <Tag key={tag}>{tag}</Tag>
      ))}
    </span>
  );
}

/** The agent's version; another one than the hub's is marked. */
export function Version({ server }: { server: ServerNode }) {
  const { store } = useApp();
  const { agent_version: version, kind } = server;
  if (version === null) return <span className={styles["faint"]}>{kind === "bare" ? "bare" : "–"}</span>;
  if (store.version === null || store.version === version) return <span className={styles["version"]}>{version}</span>;
  return (
    <Tag tone="warn" title={`The hub runs ${store.version}`}>
      {version}, hub {store.version}
    </Tag>
  );
}
