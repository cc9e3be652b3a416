// Whole sets of definitions in and out, and the pages that describe the API. Their engines are loaded when first asked for.
import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { startActs } from "../../operations/act-run.ts";
import { orderActs } from "../../services/act-order.ts";
import { ALL_INSTANCES } from "../../services/service-acts.ts";
import { planWarnings } from "../../transfer/plan-warnings.ts";
import { unsentBackup } from "../../store/leftovers.ts";
import type { Actor } from "../../store/store.ts";
import { Media, TAKEN_OVER, type HandlersOf } from "../define-routes.ts";
import { API_HEADERS } from "../headers.ts";
import type { HubParts } from "../hub-parts.ts";

type Keys =
  | "POST /api/apply"
  | "POST /api/import"
  | "GET /api/export"
  | "GET /api/backup"
  | "GET /openapi.json"
  | "GET /docs";

/** Handlers of transfer and documentation. */
export function transferHandlers(parts: HubParts): HandlersOf<Keys> {
  const { store, catalog, edits, taskEdits, settings, logger } = parts;
  return {
    async "POST /api/apply"({ body, actor }) {
      const { applyPlan } = await import("../../transfer/apply.ts");
      const { steps, taskSteps: task_steps, applied, stored, removed } = await applyPlan(store, body, actor);
      const warnings = await planWarnings(body.services, steps, parts);
      if (!applied) return { steps, task_steps, applied, operation_id: null, warnings };
      for (const { service } of orderActs("stop", removed, catalog.all())) await edits.adoptRemoved(service, actor);
      await edits.adoptStored(stored, actor);
      await taskEdits.reload();
      const changed = steps.flatMap(({ service, restart_needed }) => (restart_needed ? [service] : []));
      const operation_id = body.restart ? await restartRunning(parts, changed, actor) : null;
      return { steps, task_steps, applied, operation_id, warnings };
    },
    async "POST /api/import"({ body, actor }) {
      const { importLegacy } = await import("../../transfer/import.ts");
      const imported = await importLegacy(store, body, actor);
      await edits.adoptStored(imported.stored, actor);
      if (imported.settings !== undefined) await settings.reload();
      return imported.result;
    },
    async "GET /api/export"({ actor }) {
      const { exportLegacy } = await import("../../transfer/export.ts");
      await store.recordAudit("export", "all", actor);
      return await exportLegacy(store);
    },
    async "GET /api/backup"({ actor, outgoing }) {
      await store.recordAudit("backup", "database", actor);
      const file = unsentBackup(parts.dataDir, randomUUID());
      try {
        await store.backup(file);
        outgoing.writeHead(200, {
          ...API_HEADERS,
          "content-type": "application/vnd.sqlite3",
          "content-disposition": 'attachment; filename="tailherd-backup.db"',
        });
        await pipeline(createReadStream(file), outgoing);
      } catch (error) {
        if (!outgoing.headersSent) throw error;
        // The caller sees a body that breaks off, which is no backup to anybody.
        logger.warn({ err: error }, "A backup broke off on its way out");
      } finally {
        await rm(file, { force: true });
      }
      return TAKEN_OVER;
    },
    async "GET /openapi.json"() {
      const { openApiJson } = await import("../openapi.ts");
      return new Media(openApiJson());
    },
    async "GET /docs"() {
      const { docsPage } = await import("../docs-page.ts");
      return new Media(docsPage());
    },
  };
}

/** Restarts what runs with an older definition, as an operation whose id is answered; null when nothing does. */
async function restartRunning(parts: HubParts, services: string[], actor: Actor): Promise<string | null> {
  const { board, acts } = parts;
  const running = services.filter((name) => board.get(name)?.running === true);
  if (running.length === 0) return null;
  const about = { kind: "apply restart", title: "restart what changed", action: "restart", services: running } as const;
  const { operation } = await startActs(parts, about, actor, async (service) => {
    return (await acts.act(service, "restart", ALL_INSTANCES, actor)).message;
  });
  return operation.id;
}
