// `apply`: makes the services of a file so, all or nothing.
import { TailherdError, type FieldIssue } from "../../contract/errors.ts";
import type { ServiceRecord, ServiceSpec } from "../../contract/service.ts";
import type { TaskSpec } from "../../contract/task.ts";
import type { PlanStep, TaskStep } from "../../contract/transfer.ts";
import { portsOf } from "../../contract/sockets.ts";
import type { Actor, PlanChange, Store } from "../store/store.ts";
import { dependencyIssues, directDependents } from "../services/dependency-rules.ts";
import { planApply, planTasks } from "./plan.ts";
import { conflictsOf, conflictWords } from "./port-conflicts.ts";

/** What to make so; `applyRequestSchema` without what the route does afterwards. */
export interface ApplyOrder {
  owner: string;
  services: ServiceSpec[];
  /** Left out: they stay as they are. */
  tasks?: TaskSpec[] | undefined;
  dry_run: boolean;
}

/** What was done; stopping what was removed and restarting what changed is the caller's, after this. */
export interface Applied {
  steps: PlanStep[];
  taskSteps: TaskStep[];
  applied: boolean;
  /** Definitions added or changed, as stored. */
  stored: ServiceRecord[];
  /** Names of definitions that are gone. */
  removed: string[];
}

/** How often a plan is made anew because somebody changed something meanwhile. */
const ATTEMPTS = 5;

/** Plans, and unless it is a dry run commits the plan in one transaction. Throws `TailherdError` `invalid` naming each wrong entry. */
export async function applyPlan(store: Store, order: ApplyOrder, actor: Actor): Promise<Applied> {
  for (let attempt = 1; ; attempt++) {
    const current = await store.listServices();
    const { check_port_conflicts } = await store.getSettings();
    const issues = [
      ...duplicates(order.services),
      ...unknownServices(current, order),
      ...wrongDependencies(current, order),
      ...(check_port_conflicts ? newConflicts(current, order) : []),
    ];
    if (issues.length > 0) {
      throw new TailherdError("invalid", `Cannot apply ${order.owner}: ${issues.length} of its fields are wrong`, {
        issues,
      });
    }
    const steps = planApply(current, order.services, order.owner);
    const taskSteps = order.tasks === undefined ? [] : planTasks(await store.listTasks(), order.tasks, order.owner);
    if (order.dry_run) return { steps, taskSteps, applied: false, stored: [], removed: [] };
    const changes = [...toChanges(steps, current, order), ...toTaskChanges(taskSteps, order)];
    try {
      const stored = changes.length === 0 ? [] : await store.commitPlan(changes, actor);
      return {
        steps,
        taskSteps,
        applied: true,
        stored,
        removed: changes.flatMap((c) => (c.change === "delete" ? [c.name] : [])),
      };
    } catch (error) {
      const overtaken = error instanceof TailherdError && error.code === "revision_conflict";
      if (!overtaken || attempt === ATTEMPTS) throw error;
    }
  }
}

function toChanges(
  steps: PlanStep[],
  current: readonly ServiceRecord[],
  { services, owner }: ApplyOrder,
): PlanChange[] {
  const specs = new Map(services.map((spec) => [spec.name, spec]));
  const records = new Map(current.map((record) => [record.name, record]));
  return steps.flatMap(({ service, change }): PlanChange[] => {
    const spec = specs.get(service);
    const record = records.get(service);
    const expect =
      record === undefined ? { kind: "absent" as const } : { kind: "revision" as const, revision: record.revision };
    if (change === "same") return [];
    if (spec === undefined) return [{ change: "delete", name: service, expect }];
    return [{ change: "put", spec, owner, expect }];
  });
}

function toTaskChanges(steps: readonly TaskStep[], { tasks = [], owner }: ApplyOrder): PlanChange[] {
  const specs = new Map(tasks.map((spec) => [spec.name, spec]));
  return steps.flatMap(({ task, change }): PlanChange[] => {
    const spec = specs.get(task);
    if (change === "same") return [];
    return [spec === undefined ? { change: "delete_task", name: task } : { change: "put_task", spec, owner }];
  });
}

/** Tasks of services that there are not, and that the file does not make. */
function unknownServices(current: readonly ServiceRecord[], { services, tasks = [] }: ApplyOrder): FieldIssue[] {
  const names = new Set([...current, ...services].map(({ name }) => name));
  return tasks.flatMap(({ service_name }, index) => {
    if (service_name === null || names.has(service_name)) return [];
    return [{ path: `tasks.${index}.service_name`, message: `names no service: there is no "${service_name}"` }];
  });
}

/** Of definitions in the file, and of others on what it does not declare any more. */
function wrongDependencies(current: readonly ServiceRecord[], { services, owner }: ApplyOrder): FieldIssue[] {
  const wanted = new Set(services.map(({ name }) => name));
  const others = current.filter((record) => !wanted.has(record.name));
  const staying = others.filter((record) => record.owner !== owner);
  const after = [...services, ...staying];
  const wrong = services.flatMap((spec, index) =>
    dependencyIssues(spec, after).map(({ path, message }) => ({ path: `services.${index}.${path}`, message })),
  );
  const missed = others.flatMap(({ name, owner: its }) => {
    const dependents = its === owner ? directDependents(name, staying) : [];
    const words = dependents.map((other) => `"${other}"`).join(", ");
    return words === "" ? [] : [{ path: "services", message: `cannot leave out "${name}": ${words} depends on it` }];
  });
  return [...wrong, ...missed];
}

function duplicates(services: readonly ServiceSpec[]): FieldIssue[] {
  const first = new Map<string, number>();
  return services.flatMap(({ name }, index) => {
    const other = first.get(name);
    first.set(name, other ?? index);
    return other === undefined ? [] : [{ path: `services.${index}.name`, message: `"${name}" stands there twice` }];
  });
}

/** Ports that two definitions would declare and did not before: an old conflict is no reason to refuse an unrelated change. */
function newConflicts(current: readonly ServiceRecord[], { services, owner }: ApplyOrder): FieldIssue[] {
  const before = new Map(current.map((record) => [record.name, record]));
  const wanted = new Set(services.map(({ name }) => name));
  const others = current.filter((record) => record.owner !== owner && !wanted.has(record.name));
  const after = [...services, ...others];
  const portsBefore = (name: string): number[] => {
    const record = before.get(name);
    return record === undefined ? [] : portsOf(record);
  };
  return services.flatMap((spec, index) =>
    conflictsOf(spec, after)
      .filter(({ port }) => !portsBefore(spec.name).includes(port))
      .map((conflict) => ({ path: `services.${index}.${conflict.path}`, message: conflictWords(conflict) })),
  );
}
