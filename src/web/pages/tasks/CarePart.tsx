// Whether a task is on, and everything that has a sensible default, folded away until it is wanted.
import { useState } from "react";
import { Checkbox, Field, Select } from "../../ui/Field.tsx";
import { Columns, Fields, More } from "../../ui/FormLayout.tsx";
import { CATCH_UPS, OVERLAPS } from "./choices.ts";
import { DraftText, RetryText, type FormProps } from "./form-fields.tsx";
import { hasOwnCare, turnsWords } from "./task-draft.ts";

export function CarePart({ form }: { form: FormProps }) {
  const { draft, set } = form;
  const [open] = useState(() => hasOwnCare(draft));
  return (
    <Fields>
      <Checkbox label="It is on" checked={draft.enabled} onChange={(event) => set({ enabled: event.target.checked })} />
      <More summary="Overlap, missed runs, retries, time limit" open={open}>
        <Fields>
          <Rules form={form} />
          <Retries form={form} />
        </Fields>
      </More>
    </Fields>
  );
}

function Rules({ form }: { form: FormProps }) {
  const { draft, set, check } = form;
  const turns = check.answer?.turns ?? [];
  return (
    <>
      <Columns count={2}>
        <Field label="If the run before still goes on">
          {(control) => (
            <Select {...control} value={draft.overlap} options={OVERLAPS} onChange={(overlap) => set({ overlap })} />
          )}
        </Field>
        <Field
          label="If it was missed"
          help="While its server was off; never for the time before it was saved or switched on"
        >
          {(control) => (
            <Select {...control} value={draft.catchUp} options={CATCH_UPS} onChange={(catchUp) => set({ catchUp })} />
          )}
        </Field>
      </Columns>
      <Columns count={2}>
        <DraftText
          form={form}
          name="timeout"
          path="timeout"
          label="Time limit of an attempt"
          help="10s, 5m, 1h: a command is ended then, with all that it started"
        />
        <DraftText
          form={form}
          name="jitter"
          path="jitter"
          label="Begin later by up to"
          help="At random each time, so that many servers do not begin in step"
        />
      </Columns>
      <Columns count={2}>
        <DraftText
          form={form}
          name="width"
          path="fan_out.width"
          label="Servers that begin together"
          placeholder="all"
          inputMode="numeric"
          help={turns.length === 0 ? "In order of their names" : turnsWords(turns)}
        />
        {draft.width.trim() === "" ? null : (
          <DraftText
            form={form}
            name="stagger"
            path="fan_out.stagger"
            label="The next ones later by"
            help="By the clock: nobody waits for how it went elsewhere"
          />
        )}
      </Columns>
    </>
  );
}

function Retries({ form }: { form: FormProps }) {
  const some = form.draft.retries.count.trim() !== "0";
  return (
    <Columns count={3}>
      <RetryText
        form={form}
        name="count"
        path="retries.count"
        label="Retries"
        inputMode="numeric"
        help="Further attempts after one that failed"
      />
      {some ? (
        <>
          <RetryText form={form} name="delay" path="retries.delay" label="After" help="Before the first of them" />
          <RetryText
            form={form}
            name="factor"
            path="retries.factor"
            label="Each delay times"
            inputMode="decimal"
            help="1: always the same"
          />
          <RetryText form={form} name="maxDelay" path="retries.max_delay" label="Never longer than" />
          <RetryText form={form} name="percent" path="retries.jitter" label="Of it at random, %" inputMode="decimal" />
          <RetryText
            form={form}
            name="within"
            path="retries.within"
            label="All attempts within"
            placeholder="no limit"
            help="Later none begins, and a running one is ended"
          />
        </>
      ) : null}
    </Columns>
  );
}
