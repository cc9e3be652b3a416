// What an admin can do to a server: run a command there, rename and tag it, take its key back, remove it.
import { lazy, Suspense, useState } from "react";
import type { ServerNode } from "../../../contract/server.ts";
import { call } from "../../api/client.ts";
import { useBlocked } from "../../api/hooks.ts";
import { explain } from "../../api/problems.ts";
import { useApp } from "../../app-context.ts";
import { Button } from "../../ui/Button.tsx";
import styles from "./Server.module.css";

const EditServer = lazy(async () => ({ default: (await import("./EditServer.tsx")).EditServer }));
const RemoveServer = lazy(async () => ({ default: (await import("./RemoveServer.tsx")).RemoveServer }));
const RunCommand = lazy(async () => ({ default: (await import("../run/RunCommand.tsx")).RunCommand }));
const AddServer = lazy(async () => ({ default: (await import("../servers/AddServer.tsx")).AddServer }));

export function ServerActions({ server }: { server: ServerNode }) {
  const { toasts } = useApp();
  const blocked = useBlocked("write");
  const [open, setOpen] = useState<"run" | "edit" | "remove" | "again" | null>(null);
  const close = (): void => setOpen(null);
  const own = server.kind === "hub";
  const revoke = async (): Promise<void> => {
    const id = toasts.show({ kind: "busy", title: `Taking back the key of ${server.name}…` });
    try {
      await call("POST /api/servers/{id}/revoke", { params: { id: server.id } });
      toasts.show(
        {
          kind: "done",
          title: `${server.name} is revoked`,
          detail: "It tells nothing any more. It can be enrolled again.",
        },
        id,
      );
    } catch (error) {
      toasts.show({ kind: "failed", title: `Cannot revoke ${server.name}`, detail: explain(error).detail }, id);
    }
  };
  return (
    <div className={styles["acts"]}>
      {server.kind === "bare" || server.revoked ? null : (
        <Button size="s" blocked={blocked} onClick={() => setOpen("run")}>
          Run a command
        </Button>
      )}
      <Button size="s" blocked={blocked} onClick={() => setOpen("edit")}>
        Name and tags
      </Button>
      {own ? null : server.revoked ? (
        <Button size="s" look="primary" blocked={blocked} onClick={() => setOpen("again")}>
          Enrol again
        </Button>
      ) : (
        <Button size="s" blocked={blocked} onClick={() => void revoke()}>
          Revoke
        </Button>
      )}
      {own ? null : (
        <Button size="s" blocked={blocked} onClick={() => setOpen("remove")}>
          Remove
        </Button>
      )}
      <Suspense fallback={null}>
        {open === "run" ? <RunCommand servers={[server]} onClose={close} /> : null}
        {open === "edit" ? <EditServer server={server} onClose={close} /> : null}
        {open === "remove" ? <RemoveServer server={server} onClose={close} /> : null}
        {open === "again" ? <AddServer again={server} onClose={close} /> : null}
      </Suspense>
    </div>
  );
}
