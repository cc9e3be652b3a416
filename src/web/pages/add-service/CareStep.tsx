// Restart, stop, environment, limits: everything that has a sensible default, folded away until it is wanted.
import { Checkbox, Field, Select } from "../../ui/Field.tsx";
import styles from "./AddService.module.css";
import { DraftField, type FormProps } from "./fields.tsx";

const SIGNALS = ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH"].map((value) => ({
  value,
  label: value,
}));

export function CareStep({ form }: { form: FormProps }) {
  const { draft, set } = form;
  return (
    <div className={styles["fields"]}>
      <Checkbox
        label="Start it now, and whenever this machine comes up"
        checked={draft.autostart}
        onChange={(event) => set({ autostart: event.target.checked })}
      />
      <div className={styles["pair"]}>
        <Field label="Restart it">
          {(control) => (
            <Select
              {...control}
              value={draft.policy}
              onChange={(policy) => set({ policy })}
              options={[
                { value: "", label: "as the settings say" },
                { value: "on-failure", label: "when it fails" },
                { value: "always", label: "whenever it ends" },
                { value: "never", label: "never" },
              ]}
            />
          )}
        </Field>
        <div className={styles["fields"]}>
          <DraftField
            form={form}
            name="max"
            path="restart.max"
            label="Give up after"
            inputMode="numeric"
            placeholder={draft.forever ? "never" : "10"}
            disabled={draft.forever}
            help="Restarts in a row without a stable period"
          />
          <Checkbox
            label="Never give up"
            checked={draft.forever}
            onChange={(event) => set({ forever: event.target.checked, max: "" })}
          />
        </div>
      </div>
      <details className={styles["more"]}>
        <summary>Environment and user</summary>
        <div className={styles["fields"]}>
          <DraftField
            form={form}
            name="env"
            label="Environment"
            rows={3}
            mono
            placeholder={"PORT=8000\nLOG_LEVEL=info"}
            help="NAME=value, one a line"
          />
          <div className={styles["pair"]}>
            <DraftField
              form={form}
              name="env_file"
              label="Environment file"
              mono
              placeholder=".env"
              help="Read at each start; the lines above win over it"
            />
            <DraftField
              form={form}
              name="user"
              label="User"
              mono
              help="Account it runs as; only possible where the agent runs as root"
            />
          </div>
        </div>
      </details>
      <details className={styles["more"]}>
        <summary>Stopping, hooks, instances</summary>
        <div className={styles["fields"]}>
          <div className={styles["pair"]}>
            <Field label="Signal that asks it to stop">
              {(control) => (
                <Select {...control} value={draft.signal} onChange={(signal) => set({ signal })} options={SIGNALS} />
              )}
            </Field>
            <DraftField
              form={form}
              name="grace"
              path="stop.grace"
              label="Grace"
              placeholder="10s"
              help="Time between that signal and SIGKILL"
            />
          </div>
          <div className={styles["pair"]}>
            <DraftField
              form={form}
              name="pre_start"
              path="hooks.pre_start"
              label="Before each start"
              mono
              help="Shell line; if it fails, so does the start"
            />
            <DraftField
              form={form}
              name="pre_stop"
              path="hooks.pre_stop"
              label="Before each stop"
              mono
              help="Shell line"
            />
          </div>
          <div className={styles["pair"]}>
            <DraftField
              form={form}
              name="instances"
              label="Instances"
              inputMode="numeric"
              help="Copies side by side; each knows its number from TAILHERD_INSTANCE_INDEX"
            />
            <DraftField
              form={form}
              name="labels"
              label="Labels"
              rows={2}
              mono
              placeholder="team=web"
              help="name=value, one a line; to filter and group by"
            />
          </div>
        </div>
      </details>
      <details className={styles["more"]}>
        <summary>Limits</summary>
        <div className={styles["triple"]}>
          <DraftField form={form} name="memory" path="limits.memory" label="Memory" placeholder="512M" />
          <DraftField
            form={form}
            name="cpu"
            path="limits.cpu"
            label="CPU cores"
            inputMode="decimal"
            placeholder="0.5"
          />
          <DraftField
            form={form}
            name="pids"
            path="limits.pids"
            label="Processes"
            inputMode="numeric"
            placeholder="100"
          />
        </div>
      </details>
    </div>
  );
}
