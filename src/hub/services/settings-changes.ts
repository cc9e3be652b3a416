// Changing the settings, and what follows from each: the agent's interval, restart policies that were left open, live views.
import { TailherdError, toFieldIssues } from "../../contract/errors.ts";
import { settingsSchema, type Settings } from "../../contract/settings.ts";
import type { Actor } from "../store/store.ts";
import { policyOf } from "../metrics/recorder.ts";
import type { TaskEdits } from "../tasks/task-edits.ts";
import { mergePatch } from "./merge-patch.ts";
import type { ServiceParts } from "./service-acts.ts";
import { summary } from "./service-edits.ts";

const ALL = "\0settings";

/** Changes of the settings, one after the other. */
export class SettingsChanges {
  private readonly parts: ServiceParts;
  private readonly taskEdits: Pick<TaskEdits, "reload">;

  constructor(parts: ServiceParts, taskEdits: Pick<TaskEdits, "reload">) {
    this.parts = parts;
    this.taskEdits = taskEdits;
  }

  /** Lays any subset over the settings; null resets to the default. Rejects with `invalid`. */
  async change(patch: Record<string, unknown>, actor: Actor): Promise<Settings> {
    return await this.parts.queue.run(ALL, async () => {
      const { store } = this.parts;
      const checked = settingsSchema.safeParse(mergePatch(await store.getSettings(), patch));
      if (!checked.success) {
        const issues = toFieldIssues(checked.error);
        throw new TailherdError("invalid", `Cannot change the settings: ${summary(issues)}`, { issues });
      }
      // Tasks may have changed since the settings were read.
      await store.putSettings(checked.data, actor, "scheduled_tasks" in patch ? "replace" : "keep");
      const settings = await store.getSettings();
      await this.adopt(settings);
      return settings;
    });
  }

  /** Takes over what an import stored, or who changed it since. */
  async reload(): Promise<void> {
    await this.parts.queue.run(ALL, async () => await this.adopt(await this.parts.store.getSettings()));
  }

  private async adopt(settings: Settings): Promise<void> {
    const { catalog, deployment, announcer, metrics } = this.parts;
    const before = catalog.settings;
    catalog.settings = settings;
    announcer.settings(settings);
    await this.taskEdits.reload();
    await metrics.setPolicy(policyOf(settings));
    const concernsAgents =
      before.update_interval_seconds !== settings.update_interval_seconds ||
      before.auto_restart_on_failure !== settings.auto_restart_on_failure;
    if (!concernsAgents) return;
    await deployment.pushEverywhere();
  }
}
