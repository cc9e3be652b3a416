// What can be taken out of the hub: the predecessor's three files, and a copy of its database.
import { useState } from "react";
import { call } from "../../api/client.ts";
import { useBlocked } from "../../api/hooks.ts";
import { paths } from "../../paths.ts";
import { Button, ButtonLink } from "../../ui/Button.tsx";
import { ErrorNotice } from "../../ui/Notice.tsx";
import { Panel, Section } from "../../ui/Panel.tsx";
import styles from "./Settings.module.css";

export function CarryAway() {
  const blocked = useBlocked("write");
  const [error, setError] = useState<unknown>(null);

  async function exportFiles(): Promise<void> {
    setError(null);
    try {
      const { services, servers, settings } = await call("GET /api/export");
      saveAs("services_config.json", services);
      saveAs("servers.json", servers);
      saveAs("settings.json", settings);
    } catch (cause) {
      setError(cause);
    }
  }

  return (
    <Section title="Carry away and bring in">
      <Panel className={styles["form"]}>
        {error === null ? null : <ErrorNotice error={error} />}
        <p className={styles["help"]}>
          A backup is a consistent copy of everything the hub keeps; <code>tailherd restore FILE</code> brings it back.
          Export writes the predecessor's three files.
        </p>
        <div className={styles["buttons"]}>
          {blocked === null ? (
            <a className={styles["download"]} href="/api/backup" download>
              Download a backup
            </a>
          ) : null}
          <Button blocked={blocked} onClick={() => void exportFiles()}>
            Export
          </Button>
          <ButtonLink to={paths.import()}>Import</ButtonLink>
        </div>
      </Panel>
    </Section>
  );
}

function saveAs(name: string, content: unknown): void {
  const url = URL.createObjectURL(new Blob([`${JSON.stringify(content, null, 2)}\n`], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
