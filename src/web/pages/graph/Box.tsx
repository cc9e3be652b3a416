// One service in the drawing: its state and why, as a link to its page. Reads its service itself, so that a change of one draws one.
import { memo } from "react";
import { Link } from "wouter";
import { useActing, useService } from "../../api/hooks.ts";
import { paths } from "../../paths.ts";
import { RowState } from "../overview/parts.tsx";
import styles from "./Graph.module.css";

/** What a box is to the chosen one. */
export type Part = "self" | "needs" | "neededBy" | "none";

interface BoxProps {
  name: string;
  /** Top left corner and size, in pixels. */
  at: { x: number; y: number };
  size: { width: number; height: number };
  /** Undefined while none is chosen. */
  part: Part | undefined;
  /** What it needs and what needs it, for those who do not see the lines. */
  words: string;
  onActive: (name: string | null) => void;
}

export const Box = memo(function Box({ name, at, size, part, words, onActive }: BoxProps) {
  const status = useService(name);
  const acting = useActing(name);
  const reason = status?.reason ?? status?.instances.find(({ state }) => state === status.state)?.reason ?? null;
  return (
    <li
      className={styles["box"]}
      data-part={part}
      data-state={status?.state}
      style={{ left: at.x, top: at.y, width: size.width, height: size.height }}
    >
      <Link
        href={paths.service(name)}
        title={reason ?? undefined}
        onMouseEnter={() => onActive(name)}
        onMouseLeave={() => onActive(null)}
        onFocus={() => onActive(name)}
        onBlur={() => onActive(null)}
      >
        <span className={styles["name"]}>{name}</span>
        <span className={styles["state"]}>
          {status === undefined ? null : <RowState status={status} acting={acting} />}
          {reason === null ? null : <span className={styles["reason"]}>{reason}</span>}
        </span>
        <span className="visually-hidden">. It {words}</span>
      </Link>
    </li>
  );
});
