// Deleting takes the definition, its output and its history.
import { useLocation } from "wouter";
import type { ServiceStatus } from "../../../../contract/status.ts";
import { call } from "../../../api/client.ts";
import { explain } from "../../../api/problems.ts";
import { useApp } from "../../../app-context.ts";
import { paths } from "../../../paths.ts";
import { ConfirmByName } from "../../../ui/ConfirmByName.tsx";

export function DeleteDialog({ status, open, onClose }: { status: ServiceStatus; open: boolean; onClose: () => void }) {
  const { toasts } = useApp();
  const [, navigate] = useLocation();
  const { name } = status;
  const remove = async (): Promise<void> => {
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
    <ConfirmByName
      verb="Delete"
      name={name}
      description={`${status.running ? "It is stopped first. " : ""}Its definition, its output and its history go with it.`}
      open={open}
      onClose={onClose}
      onConfirm={() => void remove()}
    />
  );
}
