// Asks before what cannot be undone: the name of what goes must be typed.
import { useState } from "react";
import { Button } from "./Button.tsx";
import { Dialog } from "./Dialog.tsx";
import { Field, TextInput } from "./Field.tsx";

interface ConfirmByNameProps {
  /** "Delete": stands in the title and on the button, before the name. */
  verb: string;
  name: string;
  /** What goes with it. */
  description: string;
  open?: boolean;
  onClose: () => void;
  /** The name was typed; the dialog is closed. */
  onConfirm: () => void;
}

export function ConfirmByName({ verb, name, description, open = true, onClose, onConfirm }: ConfirmByNameProps) {
  const [typed, setTyped] = useState("");
  const matches = typed.trim() === name;
  const confirm = (): void => {
    if (!matches) return;
    onClose();
    onConfirm();
  };
  return (
    <Dialog
      open={open}
      onClose={onClose}
      title={`${verb} ${name}?`}
      description={`${description} This cannot be undone.`}
      buttons={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="danger" blocked={matches ? null : "type its name first"} onClick={confirm}>
            {verb} {name}
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          confirm();
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
