// Says that the connection is gone, how old the values are, and when the next try is.
import Unplug from "lucide-react/icons/unplug";
import { useLink } from "../api/hooks.ts";
import { useApp } from "../app-context.ts";
import { Button } from "../ui/Button.tsx";
import { formatClock } from "../ui/format.ts";
import { useTicking } from "../ui/ticker.ts";
import styles from "./LostBanner.module.css";

export function LostBanner() {
  const link = useLink();
  const { socket } = useApp();
  if (link.phase !== "lost") return null;
  return (
    <div className={styles["banner"]} role="alert">
      <Unplug aria-hidden="true" />
      <p>
        <b>Connection to the hub lost.</b> Values are from {formatClock(link.since)}. Your services go on without it.
      </p>
      <span className={styles["next"]} aria-hidden="true">
        <Countdown to={link.retryAt} />
      </span>
      <Button size="s" onClick={() => socket.connect()}>
        Try now
      </Button>
    </div>
  );
}

function Countdown({ to }: { to: number | null }) {
  return useTicking((now) => (to === null || to <= now ? "trying…" : `next try in ${Math.ceil((to - now) / 1000)} s`));
}
