// A state as shape, colour and word; the same seven shapes everywhere.
import type { InstanceState } from "../../contract/status.ts";
import { cx } from "./cx.ts";
import styles from "./StateMark.module.css";

/** What a state means to the one who looks: which colour it gets. */
export type Tone = "ok" | "bad" | "warn" | "info" | "wait" | "off";

type Shape = "disc" | "triangle" | "square" | "arc" | "diamond" | "ring" | "hourglass";

const LOOK: Record<InstanceState, { tone: Tone; shape: Shape }> = {
  running: { tone: "ok", shape: "disc" },
  fatal: { tone: "bad", shape: "triangle" },
  unhealthy: { tone: "warn", shape: "ring" },
  backoff: { tone: "warn", shape: "hourglass" },
  waiting: { tone: "wait", shape: "hourglass" },
  starting: { tone: "wait", shape: "arc" },
  stopping: { tone: "wait", shape: "arc" },
  external: { tone: "info", shape: "diamond" },
  exited: { tone: "off", shape: "square" },
  stopped: { tone: "off", shape: "square" },
};

const SHAPES: Record<Shape, React.ReactNode> = {
  disc: <circle cx="8" cy="8" r="5.5" fill="currentColor" />,
  triangle: <path d="M8 1l7 13H1z" fill="currentColor" />,
  square: <rect x="3" y="3" width="10" height="10" rx="2" fill="none" stroke="currentColor" strokeWidth="2" />,
  arc: <path d="M8 2a6 6 0 1 1-6 6" fill="none" stroke="currentColor" strokeWidth="2.2" strokeLinecap="round" />,
  diamond: <path d="M8 2l6 6-6 6-6-6z" fill="none" stroke="currentColor" strokeWidth="2" />,
  ring: (
    <>
      <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="2" />
      <path d="M8 5v4M8 10.5v1" stroke="currentColor" strokeWidth="2" />
    </>
  ),
  hourglass: <path d="M4 2h8L8 8l4 6H4l4-6z" fill="none" stroke="currentColor" strokeWidth="1.8" />,
};

/** Mark and word of a state. `bare` leaves the word to screen readers. */
export function StateMark({
  state,
  word = state,
  tone = LOOK[state].tone,
  bare = false,
}: {
  state: InstanceState;
  word?: string;
  /** Where something else than the state decides how grave it is. */
  tone?: Tone;
  bare?: boolean;
}) {
  const { shape } = LOOK[state];
  return (
    <span className={cx(styles["mark"], styles[tone])} data-state={state}>
      <svg viewBox="0 0 16 16" aria-hidden="true" className={shape === "arc" ? styles["turning"] : undefined}>
        {SHAPES[shape]}
      </svg>
      <span className={bare ? "visually-hidden" : undefined}>{word}</span>
    </span>
  );
}
