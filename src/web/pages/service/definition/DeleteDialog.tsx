// Deleting takes the definition, its output and its history: the name must be typed.
import { useState } from "react";
import { useLocation } from "wouter";
import type { ServiceStatus } from "../../../../contract/status.ts";
import { call } from "../../../api/client.ts";
import { explain } from "../../../api/problems.ts";
import { useApp } from "../../../app-context.ts";
import { paths } from "../../../paths.ts";
import { Button } from "../../../ui/Button.tsx";
import { Dialog } from "../../../ui/Dialog.tsx";
import { Field, TextInput } from "../../../ui/Field.tsx";

export function DeleteDialog({ status, open, onClose }: { status: ServiceStatus; open: boolean; onClose: () => void }) {
  const { toasts } = useApp();
  const [, navigate] = useLocation();
  const [typed, setTyped] = useState("");
  const { name } = status;
  const matches = typed.trim() === name;
  const remove = async (): Promise<void> => {
    if (!matches) return;
    onClose();
    const id = toasts.show({ kind: "busy", title: `Deleting ${name}…` });
    try {
      await call("DELETE /api/services/{name}", { params: { name } });
      toasts.show({ kind: "done", title: `Deleted ${name}` }, id);
      navigate(paths.overview());
    } catch (error) {
      toasts.show({ kind: "failed", title: `Cannot delete ${name}`, detail: explain(error).detail }, id);
    }
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={`Delete ${name}?`}
      description={`${status.running ? "It is stopped first. " : ""}Its definition, its output and its history go with it. This cannot be undone.`}
      buttons={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="danger" blocked={matches ? null : "type its name first"} onClick={() => void remove()}>
            Delete {name}
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void remove();
        }}
      >
        <Field label={`Type ${name} to go on`}>
          {(control) => (
            <TextInput {...control} mono value={typed} onChange={(event) => setTyped(event.target.value)} />
          )}
        </Field>
      </form>
    </Dialog>
  );
}
