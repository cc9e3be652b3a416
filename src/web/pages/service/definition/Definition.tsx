// The saved definition, what of it does not run yet, and the ways to change it or end it.
import { useQuery } from "@tanstack/react-query";
import Copy from "lucide-react/icons/copy";
import Pencil from "lucide-react/icons/pencil";
import Trash from "lucide-react/icons/trash-2";
import { useState } from "react";
import type { RouteResult } from "../../../../contract/routes.ts";
import type { ServiceStatus } from "../../../../contract/status.ts";
import { call } from "../../../api/client.ts";
import { useBlocked } from "../../../api/hooks.ts";
import { explain } from "../../../api/problems.ts";
import { serviceCan } from "../../../api/service-can.ts";
import { useApp } from "../../../app-context.ts";
import { Button } from "../../../ui/Button.tsx";
import { copyText } from "../../../ui/copy.ts";
import { Empty, Loading } from "../../../ui/Empty.tsx";
import { plural } from "../../../ui/format.ts";
import { Panel, Section } from "../../../ui/Panel.tsx";
import styles from "./Definition.module.css";
import { DefinitionForm } from "./DefinitionForm.tsx";
import { DeleteDialog } from "./DeleteDialog.tsx";

type Spec = RouteResult<"GET /api/services/{name}/spec">;

export function Definition({ status }: { status: ServiceStatus }) {
  const [editing, setEditing] = useState(false);
  const { name } = status;
  const running = status.instances.map((instance) => instance.revision).join();
  const query = useQuery({
    queryKey: ["spec", name, status.revision, running],
    queryFn: ({ signal }) => call("GET /api/services/{name}/spec", { params: { name }, signal }),
    placeholderData: (before) => before,
  });
  if (query.isPending) return <Loading lines={5} label="Loading the definition" />;
  if (query.isError) return <Empty title="Cannot read the definition">{explain(query.error).detail}</Empty>;
  if (editing)
    return (
      <DefinitionForm spec={query.data.saved} revision={query.data.saved_revision} onClose={() => setEditing(false)} />
    );
  return (
    <>
      <Differences spec={query.data} status={status} />
      <Saved spec={query.data} status={status} onEdit={() => setEditing(true)} />
    </>
  );
}

function Differences({ spec, status }: { spec: Spec; status: ServiceStatus }) {
  const { acts } = useApp();
  const blocked = useBlocked("operate");
  if (spec.running_revision === null || spec.differences.length === 0) return null;
  return (
    <Section
      title="Saved, but not running yet"
      note={plural(spec.differences.length, "difference")}
      className={styles["first"]}
      tools={
        serviceCan.restart(status) ? (
          <Button size="s" look="primary" blocked={blocked} onClick={() => void acts.one(status.name, "restart")}>
            Restart to apply
          </Button>
        ) : undefined
      }
    >
      <div className={styles["diff"]} role="region" aria-label="Differences" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Runs, r{spec.running_revision}</th>
              <th scope="col">Saved, r{spec.saved_revision}</th>
            </tr>
          </thead>
          <tbody>
            {spec.differences.map(({ path, from, to }) => (
              <tr key={path}>
                <th scope="row">{path}</th>
                <td>
                  <del>{shown(from)}</del>
                </td>
                <td>
                  <ins>{shown(to)}</ins>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

function Saved({ spec, status, onEdit }: { spec: Spec; status: ServiceStatus; onEdit: () => void }) {
  const { toasts } = useApp();
  const [deleting, setDeleting] = useState(false);
  const role = useBlocked("write");
  const blocked = role ?? (status.owner === null ? null : `${status.owner} owns it: change that file and apply it`);
  const json = JSON.stringify(spec.saved, null, 2);
  return (
    <Section
      title={`Definition r${spec.saved_revision}`}
      className={styles["first"]}
      tools={
        <>
          <Button
            size="s"
            look="plain"
            onClick={() =>
              void copyText(json).then(() => toasts.show({ kind: "done", title: "Copied the definition" }))
            }
          >
            <Copy aria-hidden="true" /> Copy
          </Button>
          <Button size="s" look="danger" blocked={blocked} onClick={() => setDeleting(true)}>
            <Trash aria-hidden="true" /> Delete…
          </Button>
          <Button size="s" look="primary" blocked={blocked} onClick={onEdit}>
            <Pencil aria-hidden="true" /> Edit
          </Button>
        </>
      }
    >
      {status.owner === null ? null : (
        <p className={styles["owner"]}>
          <code>{status.owner}</code> owns this definition: it is changed there, by <code>tailherd apply</code>.
        </p>
      )}
      <Panel flush>
        <pre className={styles["json"]} tabIndex={0} role="region" aria-label="Definition as JSON">
          {json}
        </pre>
      </Panel>
      <DeleteDialog status={status} open={deleting} onClose={() => setDeleting(false)} />
    </Section>
  );
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  return typeof value === "string" ? value : JSON.stringify(value);
}
