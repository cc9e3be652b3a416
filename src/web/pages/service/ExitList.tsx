// Why processes ended, one by one, with what they said last.
import type { RouteResult } from "../../../contract/routes.ts";
import { formatBytes } from "../../ui/format.ts";
import { Ago } from "../../ui/Time.tsx";
import { cx } from "../../ui/cx.ts";
import styles from "./ExitList.module.css";
import { AnsiText } from "./output/AnsiText.tsx";

type Exit = RouteResult<"GET /api/services/{name}/exits">[number];

/** Ends that somebody asked for, or that were in order. */
function isGood(exit: Exit): boolean {
  return exit.cause === "stopped" || exit.by !== null || (exit.cause === "exited" && exit.code === 0);
}

export function ExitList({ exits }: { exits: readonly Exit[] }) {
  return (
    <ol className={styles["list"]}>
      {exits.map((exit) => (
        <li
          key={`${exit.index} ${exit.generation} ${exit.ended_at}`}
          className={cx(styles["exit"], isGood(exit) && styles["good"])}
        >
          <p className={styles["head"]}>
            <b>{exit.message}</b>
            <span>
              <Ago at={exit.ended_at} />
            </span>
          </p>
          <p className={styles["facts"]}>
            {[
              `start ${exit.generation}`,
              exit.index > 0 && `#${exit.index}`,
              exit.memory !== null && `${formatBytes(exit.memory)} then`,
              exit.by !== null && `asked by ${exit.by}`,
            ]
              .filter(Boolean)
              .join(" · ")}
          </p>
          {exit.last_lines.length === 0 ? null : (
            <details>
              <summary>Its last lines</summary>
              <pre tabIndex={0} aria-label="Last lines">
                {exit.last_lines.map((line, index) => (
                  <div key={index}>
                    <AnsiText text={line} />
                  </div>
                ))}
              </pre>
            </details>
          )}
        </li>
      ))}
    </ol>
  );
}
