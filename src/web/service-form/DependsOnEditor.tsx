// What a service waits for, as rows: which other service, to be how, and whether a restart of it restarts this one.
import Trash from "lucide-react/icons/trash-2";
import type { SpecProblem } from "../../contract/agent.ts";
import type { Dependency, DependencyCondition } from "../../contract/dependencies.ts";
import { useServices } from "../api/hooks.ts";
import { IconButton } from "../ui/Button.tsx";
import { Checkbox, Select } from "../ui/Field.tsx";
import type { EditedDependency, EditedDependsOn } from "./edited-parts.ts";
import styles from "./Editors.module.css";
import { Problems } from "./Problems.tsx";

const CONDITIONS: readonly { value: DependencyCondition; label: string }[] = [
  { value: "started", label: "until it runs" },
  { value: "healthy", label: "until it is healthy" },
  { value: "completed", label: "until it has completed" },
];

const NEW: Dependency = { condition: "started", restart: false };

interface DependsOnEditorProps {
  /** Name of the service that waits; it cannot wait for itself. */
  self: string;
  value: EditedDependsOn;
  onValue: (value: EditedDependsOn) => void;
  problems: readonly SpecProblem[];
}

export function DependsOnEditor({ self, value, onValue, problems }: DependsOnEditorProps) {
  const services = useServices();
  const names = Object.keys(value);
  const left = services.flatMap(({ name }) => (name === self || Object.hasOwn(value, name) ? [] : [name]));
  const without = (name: string): EditedDependsOn =>
    Object.fromEntries(Object.entries(value).filter(([each]) => each !== name));
  return (
    <div className={styles["editor"]}>
      {names.length === 0 ? <p className={styles["none"]}>It waits for nothing: it starts at once.</p> : null}
      {names.length === 0 ? null : (
        <ul className={styles["rows"]} aria-label="Waits for">
          {names.map((name) => (
            <One
              key={name}
              name={name}
              value={value[name] ?? {}}
              onValue={(next) => onValue({ ...value, [name]: next })}
              onRemove={() => onValue(without(name))}
              problems={problems}
            />
          ))}
        </ul>
      )}
      <Problems of={problems.filter(({ path }) => path === "depends_on")} />
      <Select
        aria-label="Add a service that it waits for"
        className={styles["add"]}
        value=""
        disabled={left.length === 0}
        options={[
          { value: "", label: left.length === 0 ? "No other service is there" : "Wait for another service…" },
          ...left.map((name) => ({ value: name, label: name })),
        ]}
        onChange={(name) => name !== "" && onValue({ ...value, [name]: NEW })}
      />
    </div>
  );
}

interface OneProps {
  name: string;
  value: EditedDependency;
  onValue: (value: EditedDependency) => void;
  onRemove: () => void;
  problems: readonly SpecProblem[];
}

function One({ name, value, onValue, onRemove, problems }: OneProps) {
  const path = `depends_on.${name}`;
  const condition = CONDITIONS.find((each) => each.value === value["condition"])?.value ?? "started";
  return (
    <li>
      <div className={styles["dependency"]}>
        <b>{name}</b>
        <Select
          aria-label={`Wait for ${name}`}
          value={condition}
          options={CONDITIONS}
          onChange={(next) => onValue({ ...value, condition: next })}
        />
        <Checkbox
          label={
            <>
              Restart this with it<span className="visually-hidden"> ({name})</span>
            </>
          }
          checked={value["restart"] === true}
          onChange={(event) => onValue({ ...value, restart: event.target.checked })}
        />
        <IconButton label={`Do not wait for ${name}`} onClick={onRemove}>
          <Trash aria-hidden="true" />
        </IconButton>
      </div>
      <Problems of={problems.filter((each) => each.path === path || each.path.startsWith(`${path}.`))} />
    </li>
  );
}
