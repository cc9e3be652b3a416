// Begins a rolling restart of one or several services: how carefully, and what that means before it begins.
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import type { RollingOptions } from "../../contract/rollout.ts";
import { call } from "../api/client.ts";
import { useBlocked, useServices } from "../api/hooks.ts";
import { useApp } from "../app-context.ts";
import { consequencesOf } from "../dependencies/consequences.ts";
import { useGraph } from "../dependencies/use-graph.ts";
import { listed } from "../dependencies/words.ts";
import { paths } from "../paths.ts";
import { Button } from "../ui/Button.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { Checkbox, Field, TextInput } from "../ui/Field.tsx";
import { Columns, Fields } from "../ui/FormLayout.tsx";
import { plural } from "../ui/format.ts";
import { ErrorNotice } from "../ui/Notice.tsx";
import { followRolling } from "./follow.ts";
import { readRolling, ROLLING_DEFAULTS, rollingWords, shareOf, type RollingDraft } from "./rolling-form.ts";
import styles from "./Rolling.module.css";

const FIELDS: readonly { key: keyof RollingDraft; label: string; help: string; placeholder?: string }[] = [
  { key: "batch", label: "At the same time", help: "Instances of a service, or a share like 25%." },
  {
    key: "max_unavailable",
    label: "Not ready at most",
    help: "Those down for other reasons count too.",
    placeholder: "as many",
  },
  { key: "stable", label: "Each ready for", help: "Before the next ones begin." },
  { key: "timeout", label: "Failed after", help: "Then nothing more is begun." },
];

interface RollingDialogProps {
  names: readonly string[];
  onClose: () => void;
  /** It was begun. */
  onBegun?: () => void;
}

export function RollingDialog({ names, onClose, onBegun }: RollingDialogProps) {
  const { toasts, socket } = useApp();
  const [, navigate] = useLocation();
  const blocked = useBlocked("operate");
  const [draft, setDraft] = useState(ROLLING_DEFAULTS);
  const { options, errors } = readRolling(draft);
  const followers = useFollowers(names);
  const shares = useServices().flatMap((status) =>
    names.includes(status.name) || followers.includes(status.name) ? [shareOf(status)] : [],
  );
  const nothing = shares.every(({ count }) => count === 0);
  const begin = useMutation({
    mutationFn: (wanted: RollingOptions) => beginRolling(names, wanted),
    onSuccess: (operation) => {
      onClose();
      onBegun?.();
      void followRolling(operation, { toasts, socket, open: (id) => navigate(paths.operation(id)) });
    },
  });
  const what = names.length === 1 ? names[0] : plural(names.length, "service");
  const submit = (): void => {
    if (options !== null && !nothing && blocked === null && !begin.isPending) begin.mutate(options);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Rolling restart of ${what}`}
      description="A few at a time, each only when those before are ready and stay so. When one fails, nothing more is begun."
      buttons={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            blocked={
              blocked ??
              (begin.isPending
                ? "it is being begun"
                : options === null
                  ? "some fields are wrong"
                  : nothing
                    ? "nothing of it should run"
                    : null)
            }
            onClick={submit}
          >
            Restart {what}
          </Button>
        </>
      }
    >
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Fields>
          <div className={styles["outlook"]} role="status">
            {options === null ? <p>Some fields are wrong.</p> : <p>{rollingWords(shares, options)}</p>}
            {followers.length === 0 ? null : (
              <p className={styles["also"]}>
                With {listed(followers, 8)}, which {followers.length === 1 ? "asks" : "ask"} to be restarted too.
              </p>
            )}
          </div>
          <Columns count={2}>
            {FIELDS.map(({ key, label, help, placeholder }) => (
              <Field key={key} label={label} help={help} error={errors[key]}>
                {(control) => (
                  <TextInput
                    {...control}
                    mono
                    value={String(draft[key])}
                    placeholder={placeholder}
                    onChange={({ target }) => setDraft({ ...draft, [key]: target.value })}
                  />
                )}
              </Field>
            ))}
          </Columns>
          <Checkbox
            label="When one fails, go back to the definition that ran before"
            checked={draft.rollback}
            onChange={({ target }) => setDraft({ ...draft, rollback: target.checked })}
          />
          {/* Enter in a field begins it, as the button does. */}
          <button type="submit" hidden aria-hidden="true" tabIndex={-1} />
          {begin.isError ? <ErrorNotice error={begin.error} /> : null}
        </Fields>
      </form>
    </Dialog>
  );
}

/** Those that say in their definition that they are restarted with one of these. */
function useFollowers(names: readonly string[]): string[] {
  const { store } = useApp();
  const { data } = useGraph();
  if (data === undefined) return [];
  const { told } = consequencesOf(data, names, "restart", (name) => store.row(name)?.state);
  return told.flatMap(({ name, fate }) => (fate === "follows" ? [name] : []));
}

async function beginRolling(names: readonly string[], options: RollingOptions) {
  const [name] = names;
  if (names.length === 1 && name !== undefined) {
    return await call("POST /api/services/{name}/rolling-restart", { params: { name }, body: options });
  }
  return await call("POST /api/rolling-restart", { body: { ...options, services: [...names] } });
}
