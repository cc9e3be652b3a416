// Tells screen readers when a service or a server changes its state; numbers that move are not announced.
import { useEffect, useState } from "react";
import { useApp } from "../app-context.ts";

/** Changes within this time are told together. */
const GATHER_MS = 800;
const MOST_AT_ONCE = 3;
const WORTH_SAYING = new Set(["running", "fatal", "stopped", "exited", "unhealthy", "backoff"]);

export function Announcer() {
  const { socket, servers } = useApp();
  const [words, setWords] = useState("");
  useEffect(() => {
    const changes = new Map<string, string>();
    let timer: ReturnType<typeof setTimeout> | null = null;
    const stop = socket.on("event", ({ data: { event } }) => {
      const { service, server_id } = event;
      if (event.type === "server.state" && server_id !== null && event.state !== "late") {
        changes.set(server_id, `server ${servers.get(server_id)?.name ?? server_id} is ${event.state}`);
      } else if (event.type === "instance.state" && service !== null && WORTH_SAYING.has(event.state)) {
        changes.set(service, `${service} is ${event.state}`);
      } else return;
      timer ??= setTimeout(() => {
        timer = null;
        const told = [...changes.values()];
        changes.clear();
        setWords(told.length > MOST_AT_ONCE ? `${told.length} changed their state` : told.join(". "));
      }, GATHER_MS);
    });
    return () => {
      stop();
      if (timer !== null) clearTimeout(timer);
    };
  }, [socket, servers]);
  return (
    <div className="visually-hidden" role="status" aria-live="polite">
      {words}
    </div>
  );
}
