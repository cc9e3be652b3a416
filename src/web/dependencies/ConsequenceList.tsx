// What becomes of those that depend on something, as a list.
import { StateMark } from "../ui/StateMark.tsx";
import { fateWords, type Consequences, type Taking } from "./consequences.ts";
import styles from "./Dependencies.module.css";
import { listed } from "./words.ts";

export function ConsequenceList({
  consequences: { told, beyond },
  action,
}: {
  consequences: Consequences;
  action: Taking;
}) {
  return (
    <>
      <ul className={styles["fates"]} aria-label="What depends on it">
        {told.map((one) => (
          <li key={one.name} data-fate={one.fate}>
            <span>
              <b>{one.name}</b> {fateWords(one, action)}
            </span>
            <StateMark state={one.state} />
          </li>
        ))}
      </ul>
      {beyond.length === 0 ? null : (
        <p className={styles["beyond"]}>
          Further on, {listed(beyond)} {beyond.length === 1 ? "depends" : "depend"} on it too.
        </p>
      )}
    </>
  );
}
