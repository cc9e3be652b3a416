// Removing a server takes its history.
import { useLocation } from "wouter";
import type { ServerNode } from "../../../contract/server.ts";
import { call } from "../../api/client.ts";
import { explain } from "../../api/problems.ts";
import { useApp } from "../../app-context.ts";
import { paths } from "../../paths.ts";
import { ConfirmByName } from "../../ui/ConfirmByName.tsx";

export function RemoveServer({ server: { id, name, services }, onClose }: { server: ServerNode; onClose: () => void }) {
  const { toasts } = useApp();
  const [, navigate] = useLocation();
  const remove = async (): Promise<void> => {
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
    <ConfirmByName
      verb="Remove"
      name={name}
      description={`Its history goes with it.${left}`}
      onClose={onClose}
      onConfirm={() => void remove()}
    />
  );
}
