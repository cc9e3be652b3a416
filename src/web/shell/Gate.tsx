// The page before the dashboard: one card in the middle.
import type { ReactNode } from "react";
import styles from "./Gate.module.css";

export function Gate({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className={styles["gate"]}>
      <div className={styles["card"]}>
        <img src="/icon.svg" alt="" width="44" height="44" />
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}
