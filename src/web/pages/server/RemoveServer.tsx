// Removing a server takes its history: the name must be typed.
import { useState } from "react";
import { useLocation } from "wouter";
import type { ServerNode } from "../../../contract/server.ts";
import { call } from "../../api/client.ts";
import { explain } from "../../api/problems.ts";
import { useApp } from "../../app-context.ts";
import { paths } from "../../paths.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Field, TextInput } from "../../ui/Field.tsx";

export function RemoveServer({ server: { id, name, services }, onClose }: { server: ServerNode; onClose: () => void }) {
  const { toasts } = useApp();
  const [, navigate] = useLocation();
  const [typed, setTyped] = useState("");
  const matches = typed.trim() === name;
  const remove = async (): Promise<void> => {
    if (!matches) return;
    onClose();
    const toast = toasts.show({ kind: "busy", title: `Removing ${name}…` });
    try {
      await call("DELETE /api/servers/{id}", { params: { id } });
      toasts.show({ kind: "done", title: `Removed ${name}` }, toast);
      navigate(paths.servers());
    } catch (error) {
      toasts.show({ kind: "failed", title: `Cannot remove ${name}`, detail: explain(error).detail }, toast);
    }
  };
  const left =
    services.length === 0 ? "" : ` What runs there (${services.join(", ")}) goes on, and is nobody's any more.`;
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Remove ${name}?`}
      description={`Its history goes with it.${left} This cannot be undone.`}
      buttons={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="danger" blocked={matches ? null : "type its name first"} onClick={() => void remove()}>
            Remove {name}
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
