// One thing that a service waits for: what, to be how, and whether it is.
import { Link } from "wouter";
import { paths } from "../paths.ts";
import { cx } from "../ui/cx.ts";
import { GOAL, type Edge } from "./facts.ts";
import styles from "./Dependencies.module.css";

export function NeedLine({ edge: { to, condition, restart, met } }: { edge: Edge }) {
  return (
    <span className={styles["need"]}>
      <Link href={paths.service(to)}>{to}</Link>
      <span className={styles["goal"]}>
        {GOAL[condition]}
        {restart ? ", restarted with it" : ""}
      </span>
      <span className={cx(styles["met"], !met && styles["unmet"])}>{met ? "✓ met" : "✗ not met"}</span>
    </span>
  );
}
