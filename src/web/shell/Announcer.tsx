// Tells screen readers when a service changes its state; numbers that move are not announced.
import { useEffect, useState } from "react";
import { useApp } from "../app-context.ts";

/** Changes within this time are told together. */
const GATHER_MS = 800;
const MOST_AT_ONCE = 3;
const WORTH_SAYING = new Set(["running", "fatal", "stopped", "exited", "unhealthy", "backoff"]);

export function Announcer() {
  const { socket } = useApp();
  const [words, setWords] = useState("");
  useEffect(() => {
    const changes = new Map<string, string>();
    let timer: ReturnType<typeof setTimeout> | null = null;
    const stop = socket.on("event", ({ data: { event } }) => {
      if (event.type !== "instance.state" || !WORTH_SAYING.has(event.state)) return;
      changes.set(event.service, `${event.service} is ${event.state}`);
      timer ??= setTimeout(() => {
        timer = null;
        const told = [...changes.values()];
        changes.clear();
        setWords(told.length > MOST_AT_ONCE ? `${told.length} services changed their state` : told.join(". "));
      }, GATHER_MS);
    });
    return () => {
      stop();
      if (timer !== null) clearTimeout(timer);
    };
  }, [socket]);
  return (
    <div className="visually-hidden" role="status" aria-live="polite">
      {words}
    </div>
  );
}
