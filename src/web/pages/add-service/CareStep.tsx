// Restart, stop, environment, limits: everything that has a sensible default, folded away until it is wanted.
import { useServers } from "../../api/hooks.ts";
import { Checkbox, Field, Select } from "../../ui/Field.tsx";
import { Columns, Fields, More } from "../../ui/FormLayout.tsx";
import { DependsOnEditor } from "../../service-form/DependsOnEditor.tsx";
import { SocketsEditor } from "../../service-form/SocketsEditor.tsx";
import { DraftField, type DraftFieldProps, type FormProps, type TextKey } from "./fields.tsx";

const SIGNALS = ["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH"].map((value) => ({
  value,
  label: value,
}));

export function CareStep({ form }: { form: FormProps }) {
  const { draft, set } = form;
  return (
    <Fields>
      <Checkbox
        label="Start it now, and whenever this machine comes up"
        checked={draft.autostart}
        onChange={(event) => set({ autostart: event.target.checked })}
      />
      <Placement form={form} />
      <Columns count={2}>
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
        <Fields>
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
        </Fields>
      </Columns>
      <More summary="What it waits for" ruled>
        <DependsOnEditor
          self={draft.name.trim()}
          value={draft.depends_on}
          onValue={(depends_on) => set({ depends_on })}
          problems={form.check.problems}
        />
      </More>
      {FOLDED.map(({ summary, rows }) => (
        <More key={summary} summary={summary} ruled>
          <Fields>
            {rows.map((row) => (
              <Row key={row.join()} names={row} form={form} />
            ))}
          </Fields>
        </More>
      ))}
      <More summary="Sockets held for it" ruled>
        <SocketsEditor value={draft.sockets} onValue={(sockets) => set({ sockets })} problems={form.check.problems} />
      </More>
    </Fields>
  );
}

/** Where it runs; with one machine there is nothing to choose. */
function Placement({ form }: { form: FormProps }) {
  const servers = useServers() ?? [];
  const { on_servers: servers_, on_tags: tags } = form.draft;
  if (servers.length < 2 && servers_ === "" && tags === "") return null;
  return (
    <Columns count={2}>
      <DraftField
        form={form}
        name="on_servers"
        path="placement.servers"
        label="On servers"
        placeholder={servers
          .slice(0, 2)
          .map(({ name }) => name)
          .join(", ")}
        help="Names, with commas between; both empty: the hub's own machine"
      />
      <DraftField
        form={form}
        name="on_tags"
        path="placement.tags"
        label="And on all with these tags"
        help="Also on servers that get the tags later"
      />
    </Columns>
  );
}

type Text = Omit<DraftFieldProps, "form" | "name">;

/** Controls that only take text, by the key of the draft that they write. */
const TEXTS = {
  env: {
    label: "Environment",
    rows: 3,
    mono: true,
    placeholder: "PORT=8000\nLOG_LEVEL=info",
    help: "NAME=value, one a line",
  },
  env_file: {
    label: "Environment file",
    mono: true,
    placeholder: ".env",
    help: "Read at each start; the lines above win over it",
  },
  user: { label: "User", mono: true, help: "Account it runs as; only possible where the agent runs as root" },
  grace: { path: "stop.grace", label: "Grace", placeholder: "10s", help: "Time between that signal and SIGKILL" },
  pre_start: {
    path: "hooks.pre_start",
    label: "Before each start",
    mono: true,
    help: "Shell line; if it fails, so does the start",
  },
  pre_stop: { path: "hooks.pre_stop", label: "Before each stop", mono: true, help: "Shell line" },
  instances: {
    label: "Instances",
    inputMode: "numeric",
    help: "Copies side by side; each knows its number from TAILHERD_INSTANCE_INDEX",
  },
  labels: {
    label: "Labels",
    rows: 2,
    mono: true,
    placeholder: "team=web",
    help: "name=value, one a line; to filter and group by",
  },
  memory: { path: "limits.memory", label: "Memory", placeholder: "512M" },
  cpu: { path: "limits.cpu", label: "CPU cores", inputMode: "decimal", placeholder: "0.5" },
  pids: { path: "limits.pids", label: "Processes", inputMode: "numeric", placeholder: "100" },
} as const satisfies Partial<Record<TextKey, Text>>;

type FoldedName = keyof typeof TEXTS | keyof typeof SIGNAL_FIELDS;
type Names = readonly FoldedName[] & { length: 1 | 2 | 3 };

/** What is folded away: names of controls, those of a row side by side. */
const FOLDED: readonly { summary: string; rows: readonly Names[] }[] = [
  { summary: "Environment and user", rows: [["env"], ["env_file", "user"]] },
  {
    summary: "Stopping, reloading, hooks, instances",
    rows: [
      ["signal", "grace", "reload"],
      ["pre_start", "pre_stop"],
      ["instances", "labels"],
    ],
  },
  { summary: "Limits", rows: [["memory", "cpu", "pids"]] },
];

function Row({ names, form }: { names: Names; form: FormProps }) {
  const controls = names.map((name) =>
    name === "signal" || name === "reload" ? (
      <SignalField key={name} name={name} form={form} />
    ) : (
      <DraftField key={name} form={form} name={name} {...TEXTS[name]} />
    ),
  );
  return names.length === 1 ? <Fields>{controls}</Fields> : <Columns count={names.length}>{controls}</Columns>;
}

const SIGNAL_FIELDS = {
  signal: { label: "Signal that asks it to stop", options: SIGNALS },
  reload: { label: "Signal that reloads it", options: [{ value: "", label: "it cannot reload" }, ...SIGNALS] },
};

function SignalField({ name, form: { draft, set } }: { name: keyof typeof SIGNAL_FIELDS; form: FormProps }) {
  const { label, options } = SIGNAL_FIELDS[name];
  return (
    <Field label={label}>
      {(control) => (
        <Select {...control} value={draft[name]} onChange={(value) => set({ [name]: value })} options={options} />
      )}
    </Field>
  );
}
