// Takes over the predecessor's files: choose or drop them, see what will happen, do it; all or nothing.
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import type { ImportResult } from "../../../contract/transfer.ts";
import { call } from "../../api/client.ts";
import { useBlocked } from "../../api/hooks.ts";
import { useApp } from "../../app-context.ts";
import { paths } from "../../paths.ts";
import { Page } from "../../shell/Page.tsx";
import { Button } from "../../ui/Button.tsx";
import { Loading } from "../../ui/Empty.tsx";
import { Checkbox } from "../../ui/Field.tsx";
import { plural } from "../../ui/format.ts";
import { ErrorNotice, Notice } from "../../ui/Notice.tsx";
import { Panel, Section } from "../../ui/Panel.tsx";
import { Tag } from "../../ui/Tag.tsx";
import { FileDrop } from "./FileDrop.tsx";
import styles from "./Import.module.css";
import { recognise, type LegacyFiles, type Recognised } from "./legacy-files.ts";

interface Chosen {
  name: string;
  recognised: Recognised;
}

export function ImportPage() {
  const { toasts } = useApp();
  const [, navigate] = useLocation();
  const blocked = useBlocked("write");
  const [chosen, setChosen] = useState<Chosen[]>([]);
  const [replace, setReplace] = useState(false);
  const content: LegacyFiles = Object.assign(
    {},
    ...chosen.map(({ recognised }) => (recognised.kind === "unknown" ? {} : recognised.content)),
  );
  const ready = Object.keys(content).length > 0;

  const preview = useQuery({
    queryKey: ["import", content, replace],
    queryFn: ({ signal }) => call("POST /api/import", { body: { ...content, replace, dry_run: true }, signal }),
    enabled: ready && blocked === null,
    retry: false,
  });
  const run = useMutation({
    mutationFn: () => call("POST /api/import", { body: { ...content, replace, dry_run: false } }),
    onSuccess: (result) => {
      toasts.show({
        kind: "done",
        title: `Imported ${plural(result.added.length + result.replaced.length, "service")}`,
      });
      navigate(paths.overview());
    },
  });

  async function add(files: readonly File[]): Promise<void> {
    const read = await Promise.all(
      files.map(async (file) => ({ name: file.name, recognised: recognise(await file.text()) })),
    );
    setChosen((before) => [...before.filter((old) => !read.some((one) => one.name === old.name)), ...read]);
  }

  return (
    <Page
      title="Import"
      sub="From the program that tailherd succeeds: services_config.json, servers.json, settings.json"
    >
      <FileDrop onFiles={(files) => void add(files)} />
      {chosen.length === 0 ? null : (
        <ul className={styles["files"]} aria-label="Chosen files">
          {chosen.map((file) => (
            <li key={file.name}>
              <code>{file.name}</code>
              <Kind recognised={file.recognised} />
              <Button
                size="s"
                look="plain"
                aria-label={`Remove ${file.name}`}
                onClick={() => setChosen((all) => all.filter((one) => one !== file))}
              >
                Remove
              </Button>
            </li>
          ))}
        </ul>
      )}
      {ready ? (
        <Section title="What will happen">
          <Panel className={styles["preview"]}>
            <Checkbox
              label="Replace services that are here already under the same name"
              checked={replace}
              onChange={(event) => setReplace(event.target.checked)}
            />
            {preview.isPending ? <Loading /> : null}
            {preview.isError ? <ErrorNotice error={preview.error} /> : null}
            {preview.data === undefined ? null : <Preview result={preview.data} />}
            {run.isError ? <ErrorNotice error={run.error} /> : null}
            <div>
              <Button
                look="primary"
                blocked={
                  blocked ??
                  (run.isPending
                    ? "it is being imported"
                    : preview.data === undefined
                      ? "first see what will happen"
                      : null)
                }
                onClick={() => run.mutate()}
              >
                Import
              </Button>
            </div>
          </Panel>
        </Section>
      ) : null}
    </Page>
  );
}

function Kind({ recognised }: { recognised: Recognised }) {
  if (recognised.kind === "unknown") return <Tag tone="bad">not used: {recognised.reason}</Tag>;
  if (recognised.kind === "settings") return <Tag tone="ok">settings</Tag>;
  return <Tag tone="ok">{plural(recognised.count, recognised.kind === "servers" ? "server" : "service")}</Tag>;
}

function Preview({ result }: { result: ImportResult }) {
  const { added, replaced, skipped, servers, settings, issues } = result;
  return (
    <div className={styles["list"]} role="status">
      <Names words="Adds" names={added} />
      <Names words="Replaces" names={replaced} />
      {skipped.map(({ name, reason }) => (
        <p key={name}>
          Leaves <strong>{name}</strong> alone: {reason}
        </p>
      ))}
      {servers === 0 ? null : <p>Keeps {plural(servers, "server")}.</p>}
      {settings ? <p>Takes over the settings, with their scheduled tasks.</p> : null}
      {issues.map((issue) => (
        <Notice key={`${issue.path} ${issue.message}`} tone="warn">
          <span>
            <code>{issue.path}</code> {issue.message}
          </span>
        </Notice>
      ))}
      {added.length + replaced.length + skipped.length + servers === 0 && !settings ? (
        <p>Nothing: the files are empty.</p>
      ) : null}
    </div>
  );
}

function Names({ words, names }: { words: string; names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <p>
      {words} {plural(names.length, "service")}:{" "}
      {names.map((name, index) => [index > 0 && ", ", <strong key={name}>{name}</strong>])}
    </p>
  );
}
