// What is wrong with a part of a definition that is no single control.
import type { SpecProblem } from "../../contract/agent.ts";
import styles from "./Editors.module.css";

export function Problems({ of }: { of: readonly SpecProblem[] }) {
  return of.map(({ path, message, severity }) => (
    <p key={`${path} ${message}`} className={styles[severity]}>
      {message}
    </p>
  ));
}
