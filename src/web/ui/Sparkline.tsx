// The recent shape of a service's CPU beside its number.
import { sparkPath, type RecentValues } from "../api/history.ts";
import styles from "./Sparkline.module.css";

/** Draws the newest values at the right. `floor` is the least top of the scale, so that noise at rest looks like rest. */
export function Sparkline({
  values,
  width = 92,
  height = 24,
  floor = 5,
}: {
  values: RecentValues | undefined;
  width?: number;
  height?: number;
  floor?: number;
}) {
  const path = values === undefined ? "" : sparkPath(values, width, height, floor);
  const start = /^M([\d.]+)/.exec(path)?.[1] ?? "0";
  return (
    <svg
      className={styles["spark"]}
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      aria-hidden="true"
    >
      {path === "" ? null : (
        <>
          <path className={styles["area"]} d={`${path}L${width} ${height}L${start} ${height}Z`} />
          <path className={styles["line"]} d={path} />
        </>
      )}
    </svg>
  );
}
