// The dialog that makes a token: name, role, how long; then its secret, once.
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Role } from "../../../contract/roles.ts";
import { call } from "../../api/client.ts";
import { explain } from "../../api/problems.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Field, Select, TextInput } from "../../ui/Field.tsx";
import { ErrorNotice } from "../../ui/Notice.tsx";
import { Secret } from "./Secret.tsx";
import styles from "./Tokens.module.css";

const ROLES: { value: Role; label: string }[] = [
  { value: "viewer", label: "viewer: reads everything but secrets" },
  { value: "operator", label: "operator: also starts, stops, restarts" },
  { value: "admin", label: "admin: also changes definitions, settings, tokens" },
];

const LIFETIMES = [
  { value: "7", label: "7 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "a year" },
  { value: "never", label: "never" },
] as const;

export function NewToken({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [lifetime, setLifetime] = useState<(typeof LIFETIMES)[number]["value"]>("90");
  const make = useMutation({
    mutationFn: () =>
      call("POST /api/tokens", {
        body: { name, role, expires_in_days: lifetime === "never" ? null : Number(lifetime) },
      }),
    onSuccess: onMade,
  });
  const wrong = make.isError ? explain(make.error).issues.find((issue) => issue.path === "name")?.message : undefined;

  if (make.data !== undefined) {
    return (
      <Dialog
        open
        onClose={onClose}
        title={`${make.data.name} is made`}
        description="Copy the secret now: it is not shown again."
        buttons={
          <Button look="primary" onClick={onClose}>
            I have copied it
          </Button>
        }
      >
        <Secret
          label="Secret"
          value={make.data.secret}
          help="Send it as Authorization: Bearer …, or set TAILHERD_TOKEN for the CLI."
        />
      </Dialog>
    );
  }
  return (
    <Dialog
      open
      onClose={onClose}
      title="New token"
      buttons={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            look="primary"
            type="submit"
            form="new-token"
            blocked={name.trim() === "" ? "it needs a name" : make.isPending ? "it is being made" : null}
          >
            Make the token
          </Button>
        </>
      }
    >
      <form
        id="new-token"
        className={styles["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== "") make.mutate();
        }}
      >
        {make.isError && wrong === undefined ? <ErrorNotice error={make.error} /> : null}
        <Field label="Name" help="Who or what will use it, such as ci or grafana" error={wrong}>
          {(control) => <TextInput {...control} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Field label="Role">
          {(control) => <Select {...control} value={role} onChange={setRole} options={ROLES} />}
        </Field>
        <Field label="Ends after">
          {(control) => <Select {...control} value={lifetime} onChange={setLifetime} options={LIFETIMES} />}
        </Field>
      </form>
    </Dialog>
  );
}
