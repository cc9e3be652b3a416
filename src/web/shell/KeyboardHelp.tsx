// The sheet of keys behind `?`.
import { usePreferences } from "../api/hooks.ts";
import { useApp } from "../app-context.ts";
import { PAGES } from "../routes.tsx";
import { Checkbox } from "../ui/Field.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { Kbd } from "../ui/Tag.tsx";
import styles from "./KeyboardHelp.module.css";

const ROWS: readonly (readonly [keys: readonly string[], words: string])[] = [
  [["Ctrl", "K"], "Search, or run a command"],
  [["/"], "Filter"],
  [["j"], "Next service, or task"],
  [["k"], "Previous service, or task"],
  [["Enter"], "Open it"],
  [["x"], "Select it"],
  [["r"], "Start or restart it, or the selected ones"],
  [["s"], "Stop it, or the selected ones"],
  [["Esc"], "Close, clear the selection"],
  [["?"], "This sheet"],
];

export function KeyboardHelp({ onClose }: { onClose: () => void }) {
  const { preferences } = useApp();
  const { shortcuts } = usePreferences();
  const goes = PAGES.flatMap(({ nav }) => (nav === undefined ? [] : [[["g", nav.key], `Go to ${nav.label}`] as const]));
  return (
    <Dialog open onClose={onClose} title="Keyboard" shape="sheet">
      <dl className={styles["keys"]}>
        {[...ROWS, ...goes].map(([keys, words]) => (
          <div key={words}>
            <dt>
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
      <Checkbox
        label="Single keys do something (in this browser)"
        checked={shortcuts}
        onChange={(event) => preferences.set({ shortcuts: event.target.checked })}
      />
    </Dialog>
  );
}
