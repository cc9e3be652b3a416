// Listening sockets that are held open for a service, as rows: name, address, port.
import Plus from "lucide-react/icons/plus";
import Trash from "lucide-react/icons/trash-2";
import { useState } from "react";
import type { SpecProblem } from "../../contract/agent.ts";
import { Button, IconButton } from "../ui/Button.tsx";
import { Field, TextInput } from "../ui/Field.tsx";
import { newSocket, withTyped, type EditedSocket } from "./edited-parts.ts";
import styles from "./Editors.module.css";
import { Problems } from "./Problems.tsx";

interface SocketsEditorProps {
  value: readonly EditedSocket[];
  onValue: (value: EditedSocket[]) => void;
  problems: readonly SpecProblem[];
}

export function SocketsEditor({ value, onValue, problems }: SocketsEditorProps) {
  // Places change when one is removed; what is typed in the others must stay theirs.
  const [ids, setIds] = useState(() => value.map(() => crypto.randomUUID()));
  return (
    <div className={styles["editor"]}>
      {value.length === 0 ? (
        <p className={styles["none"]}>
          None is held: it opens its own. One that is held stays open while the service restarts, so that nobody is
          refused; it is handed over in LISTEN_FDS.
        </p>
      ) : null}
      {value.map((socket, at) => (
        <One
          key={ids[at]}
          at={at}
          socket={socket}
          onSocket={(next) => onValue(value.with(at, next))}
          onRemove={() => {
            setIds(ids.toSpliced(at, 1));
            onValue(value.toSpliced(at, 1));
          }}
          problems={problems}
        />
      ))}
      <Problems of={problems.filter(({ path }) => path === "sockets")} />
      <Button
        size="s"
        className={styles["button"]}
        onClick={() => {
          setIds([...ids, crypto.randomUUID()]);
          onValue([...value, newSocket(value)]);
        }}
      >
        <Plus aria-hidden="true" /> Hold a socket
      </Button>
    </div>
  );
}

const FIELDS = [
  { key: "name", label: "Name" },
  { key: "host", label: "Address" },
  { key: "port", label: "Port" },
] as const;

interface OneProps {
  at: number;
  socket: EditedSocket;
  onSocket: (socket: EditedSocket) => void;
  onRemove: () => void;
  problems: readonly SpecProblem[];
}

function One({ at, socket, onSocket, onRemove, problems }: OneProps) {
  // What was typed stays as it was typed, blanks and all, until it is shown anew.
  const [texts, setTexts] = useState<Record<string, string>>(() =>
    Object.fromEntries(FIELDS.map(({ key }) => [key, textOf(socket[key])])),
  );
  const name = texts["name"] ?? "";
  return (
    <div className={styles["socket"]} role="group" aria-label={`Socket ${name}`}>
      {FIELDS.map(({ key, label }) => (
        <Field
          key={key}
          label={label}
          error={said(at, key, texts[key] ?? "", problems, "error")}
          warning={said(at, key, texts[key] ?? "", problems, "warning")}
        >
          {(control) => (
            <TextInput
              {...control}
              mono
              value={texts[key] ?? ""}
              {...(key === "port" && { inputMode: "numeric" as const })}
              onChange={({ target }) => {
                setTexts({ ...texts, [key]: target.value });
                onSocket(withTyped(socket, key, target.value));
              }}
            />
          )}
        </Field>
      ))}
      <IconButton label={`Remove ${name}`} className={styles["remove"]} onClick={onRemove}>
        <Trash aria-hidden="true" />
      </IconButton>
      <Problems of={problems.filter(({ path }) => path === `sockets.${at}`)} />
    </div>
  );
}

function said(
  at: number,
  key: string,
  text: string,
  problems: readonly SpecProblem[],
  severity: SpecProblem["severity"],
): string | undefined {
  const found = problems.find((problem) => problem.severity === severity && problem.path === `sockets.${at}.${key}`);
  // The hub's words tell of a missing value as programs do.
  return found !== undefined && text.trim() === "" ? "is required" : found?.message;
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
