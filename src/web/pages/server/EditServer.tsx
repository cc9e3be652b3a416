// The dialog for a server's name and tags.
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import type { ServerNode } from "../../../contract/server.ts";
import { call } from "../../api/client.ts";
import { explain } from "../../api/problems.ts";
import { paths } from "../../paths.ts";
import { Button } from "../../ui/Button.tsx";
import { Dialog } from "../../ui/Dialog.tsx";
import { Field, TextInput } from "../../ui/Field.tsx";
import { ErrorNotice } from "../../ui/Notice.tsx";
import styles from "./Server.module.css";

export function EditServer({ server, onClose }: { server: ServerNode; onClose: () => void }) {
  const [, navigate] = useLocation();
  const [name, setName] = useState(server.name);
  const [tags, setTags] = useState(server.tags.join(", "));
  const save = useMutation({
    mutationFn: () =>
      call("PATCH /api/servers/{id}", {
        params: { id: server.id },
        body: { name, tags: tags.split(/[\s,]+/).filter((tag) => tag !== "") },
      }),
    onSuccess: (saved) => {
      onClose();
      navigate(paths.server(saved.name), { replace: true });
    },
  });
  const issue = (path: string): string | undefined =>
    save.isError ? explain(save.error).issues.find((each) => each.path.split(".")[0] === path)?.message : undefined;
  const told = issue("name") ?? issue("tags");
  return (
    <Dialog
      open
      onClose={onClose}
      title={`Name and tags of ${server.name}`}
      buttons={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" form="edit-server" blocked={save.isPending ? "it is being saved" : null}>
            Save
          </Button>
        </>
      }
    >
      <form
        id="edit-server"
        className={styles["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        {save.isError && told === undefined ? <ErrorNotice error={save.error} /> : null}
        <Field label="Name" help="Services that are placed on it by its name stay" error={issue("name")}>
          {(control) => <TextInput {...control} value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <Field
          label="Tags"
          note="optional"
          help="Words to place services by and to filter by: prod, storage"
          error={issue("tags")}
        >
          {(control) => <TextInput {...control} value={tags} onChange={(event) => setTags(event.target.value)} />}
        </Field>
      </form>
    </Dialog>
  );
}
