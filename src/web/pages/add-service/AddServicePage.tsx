// Adds a service: what runs, how it is recognised, how it is cared for; checked while it is typed, tried before it is saved.
import { useMutation } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { call } from "../../api/client.ts";
import { useBlocked } from "../../api/hooks.ts";
import { useApp } from "../../app-context.ts";
import type { ServiceInput } from "../../../contract/service.ts";
import { paths } from "../../paths.ts";
import { Page } from "../../shell/Page.tsx";
import { Button, ButtonLink } from "../../ui/Button.tsx";
import { CHECKING, SaveBar, type Verdict, wrongWords } from "../../ui/FormLayout.tsx";
import { ErrorNotice, Notice } from "../../ui/Notice.tsx";
import { Panel, Section } from "../../ui/Panel.tsx";
import { useCheckedSubmit } from "../../ui/use-checked-submit.ts";
import styles from "./AddService.module.css";
import { carriedAdoption, forgetAdoption } from "./adoption.ts";
import { CareStep } from "./CareStep.tsx";
import { CommandStep } from "./CommandStep.tsx";
import { EMPTY_DRAFT, fromDefinition, type Draft } from "./draft.ts";
import type { FormProps } from "./fields.tsx";
import { RecogniseStep } from "./RecogniseStep.tsx";
import { useDraftCheck } from "./use-draft-check.ts";

export function AddServicePage() {
  const { toasts, queries } = useApp();
  const [, navigate] = useLocation();
  const blocked = useBlocked("write");
  const [adoption] = useState(() => carriedAdoption(queries));
  const [draft, setDraft] = useState<Draft>(() => (adoption === null ? EMPTY_DRAFT : fromDefinition(adoption.spec)));
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const check = useDraftCheck(draft, blocked === null);
  useEffect(() => () => forgetAdoption(queries), [queries]);

  const save = useMutation({
    mutationFn: () => call("POST /api/services", { body: check.definition as unknown as ServiceInput }),
    onSuccess: ({ name, warnings }) => {
      toasts.show({
        kind: "done",
        title: `Added ${name}`,
        ...(warnings.length > 0 && { detail: warnings.join("\n") }),
      });
      navigate(paths.service(name));
    },
  });
  const submit = useCheckedSubmit({ ...check, saving: save.isPending, submit: save.mutate });
  const form: FormProps = {
    draft,
    set: (change) => setDraft((now) => ({ ...now, ...change })),
    check,
    touched,
    touch: (key) => setTouched((now) => (now.has(key) ? now : new Set(now).add(key))),
  };

  return (
    <Page
      title={adoption === null ? "Add a service" : `Adopt ${adoption.process.name}`}
      actions={<ButtonLink to={paths.adopt()}>Adopt a process</ButtonLink>}
    >
      <form
        className={styles["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          setTouched(new Set(Object.keys(draft)));
          if (blocked === null) submit();
        }}
      >
        {adoption === null ? null : (
          <Notice>
            <strong>
              Read from pid {adoption.process.pid}: {adoption.process.command}
            </strong>
            <span>Saving does not touch that process: it shows as external until you restart it here.</span>
            {adoption.warnings.map((warning) => (
              <span key={warning}>{warning}</span>
            ))}
          </Notice>
        )}
        <Section title="1 · What runs">
          <Panel>
            <CommandStep form={form} blocked={blocked} />
          </Panel>
        </Section>
        <Section title="2 · How it is recognised">
          <Panel>
            <RecogniseStep form={form} />
          </Panel>
        </Section>
        <Section title="3 · How it is cared for">
          <Panel>
            <CareStep form={form} />
          </Panel>
        </Section>
        {save.isError ? <ErrorNotice error={save.error} /> : null}
        <SaveBar {...summaryOf(check, draft.name === "" && draft.command === "")}>
          <Button look="primary" type="submit" blocked={blocked ?? (save.isPending ? "it is being saved" : null)}>
            {draft.autostart ? "Add and start" : "Add"}
          </Button>
        </SaveBar>
      </form>
    </Page>
  );
}

function summaryOf({ errors, pending }: { errors: number; pending: boolean }, empty: boolean): Verdict {
  if (empty) return { words: "A name and a command are enough.", tone: "quiet" };
  if (pending) return CHECKING;
  return errors > 0 ? wrongWords(errors) : { words: "Nothing is wrong with it.", tone: "ok" };
}
