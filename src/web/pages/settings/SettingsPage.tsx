// The hub's settings, this browser's own, and what can be carried away: export and backup.
import { useState } from "react";
import { useMutation } from "@tanstack/react-query";
import type { Settings } from "../../../contract/settings.ts";
import { call } from "../../api/client.ts";
import { useBlocked, usePreferences, useSettings } from "../../api/hooks.ts";
import { explain } from "../../api/problems.ts";
import { useApp } from "../../app-context.ts";
import { Page } from "../../shell/Page.tsx";
import { Button } from "../../ui/Button.tsx";
import { Loading } from "../../ui/Empty.tsx";
import { Checkbox, Field, Select, TextInput } from "../../ui/Field.tsx";
import { ErrorNotice } from "../../ui/Notice.tsx";
import { Fact, Facts, Panel, Section } from "../../ui/Panel.tsx";
import { CarryAway } from "./CarryAway.tsx";
import styles from "./Settings.module.css";

export function SettingsPage() {
  const settings = useSettings();
  const { store, principal } = useApp();
  return (
    <Page title="Settings">
      <div className={styles["columns"]}>
        <Section title="Hub">
          <Panel>
            {settings === null ? <Loading /> : <HubSettings key={JSON.stringify(settings)} saved={settings} />}
          </Panel>
        </Section>
        <div>
          <Section title="This browser">
            <Panel>
              <BrowserSettings />
            </Panel>
          </Section>
          <CarryAway />
          <Section title="About">
            <Panel>
              <Facts>
                <Fact term="Version">{store.version ?? "unknown"}</Fact>
                <Fact term="You are">{principal.name}</Fact>
                <Fact term="Role">{principal.role ?? "none"}</Fact>
                <Fact term="Because">{principal.reason}</Fact>
              </Facts>
            </Panel>
          </Section>
        </div>
      </div>
    </Page>
  );
}

/** The settings that this form changes, as text where they are typed. */
interface Form {
  update_interval_seconds: string;
  stats_retention_days: string;
  auto_restart_on_failure: boolean;
  check_port_conflicts: boolean;
  default_tailscale_domain: string;
  api_base_url: string;
  logs: string;
  data: string;
  backups: string;
}

function HubSettings({ saved }: { saved: Settings }) {
  const { toasts } = useApp();
  const blocked = useBlocked("write");
  const [form, setForm] = useState(() => formOf(saved));
  const set = (change: Partial<Form>) => setForm((now) => ({ ...now, ...change }));
  const changed = JSON.stringify(form) !== JSON.stringify(formOf(saved));
  const save = useMutation({
    mutationFn: () => call("POST /api/settings", { body: settingsOf(form) }),
    onSuccess: () => toasts.show({ kind: "done", title: "Saved the settings" }),
  });
  const issues = save.isError ? explain(save.error).issues : [];
  const errorOf = (path: string) => issues.find((issue) => issue.path === path)?.message;
  const text = (key: keyof Form, path: string, label: string, help: string, props: object = {}) => (
    <Field label={label} help={help === "" ? undefined : help} error={errorOf(path)}>
      {(control) => (
        <TextInput
          {...control}
          {...props}
          value={String(form[key])}
          onChange={(event) => set({ [key]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <form
      className={styles["form"]}
      onSubmit={(event) => {
        event.preventDefault();
        if (blocked === null && changed) save.mutate();
      }}
    >
      {save.isError && issues.length === 0 ? <ErrorNotice error={save.error} /> : null}
      <div className={styles["pair"]}>
        {text(
          "update_interval_seconds",
          "update_interval_seconds",
          "Update interval",
          "Seconds between samples, 1 to 60",
          { inputMode: "numeric" },
        )}
        {text(
          "stats_retention_days",
          "stats_retention_days",
          "Keep history",
          "Days that exits and events are kept, 1 to 365",
          { inputMode: "numeric" },
        )}
      </div>
      <Checkbox
        label="Restart services that fail, unless their definition says otherwise"
        checked={form.auto_restart_on_failure}
        onChange={(event) => set({ auto_restart_on_failure: event.target.checked })}
      />
      <Checkbox
        label="Refuse a service whose port another service declares"
        checked={form.check_port_conflicts}
        onChange={(event) => set({ check_port_conflicts: event.target.checked })}
      />
      {text(
        "default_tailscale_domain",
        "default_tailscale_domain",
        "Host in links",
        "Links to services' ports use it instead of the address of this page",
      )}
      {text("api_base_url", "api_base_url", "Address of the API", "What other programs are told")}
      <fieldset className={styles["group"]}>
        <legend>Storage paths</legend>
        <p className={styles["help"]}>
          Kept for programs that read them and for export; tailherd keeps its own files in its data directory.
        </p>
        {text("logs", "storage_paths.logs", "Logs", "")}
        {text("data", "storage_paths.data", "Data", "")}
        {text("backups", "storage_paths.backups", "Backups", "")}
      </fieldset>
      <div className={styles["buttons"]}>
        <Button
          look="primary"
          type="submit"
          blocked={blocked ?? (save.isPending ? "it is being saved" : changed ? null : "nothing has changed")}
        >
          Save
        </Button>
        <Button blocked={changed ? null : "nothing has changed"} onClick={() => setForm(formOf(saved))}>
          Put back
        </Button>
      </div>
    </form>
  );
}

function formOf(settings: Settings): Form {
  return {
    update_interval_seconds: String(settings.update_interval_seconds),
    stats_retention_days: String(settings.stats_retention_days),
    auto_restart_on_failure: settings.auto_restart_on_failure,
    check_port_conflicts: settings.check_port_conflicts,
    default_tailscale_domain: settings.default_tailscale_domain,
    api_base_url: settings.api_base_url,
    ...settings.storage_paths,
  };
}

/** The change to send; text that is no number goes as it is, so that the hub says what is allowed. */
function settingsOf({
  logs,
  data,
  backups,
  update_interval_seconds,
  stats_retention_days,
  ...rest
}: Form): Record<string, unknown> {
  const number = (text: string) => (text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text);
  return {
    ...rest,
    update_interval_seconds: number(update_interval_seconds),
    stats_retention_days: number(stats_retention_days),
    storage_paths: { logs, data, backups },
  };
}

function BrowserSettings() {
  const { preferences } = useApp();
  const chosen = usePreferences();
  return (
    <div className={styles["form"]}>
      <Field label="Theme">
        {(control) => (
          <Select
            {...control}
            value={chosen.theme}
            onChange={(theme) => preferences.set({ theme })}
            options={[
              { value: "system", label: "as the system" },
              { value: "dark", label: "dark" },
              { value: "light", label: "light" },
            ]}
          />
        )}
      </Field>
      <Checkbox
        label="Single-key shortcuts (press ? for the list)"
        checked={chosen.shortcuts}
        onChange={(event) => preferences.set({ shortcuts: event.target.checked })}
      />
      <Checkbox
        label="Wrap long lines of output"
        checked={chosen.wrap}
        onChange={(event) => preferences.set({ wrap: event.target.checked })}
      />
    </div>
  );
}
