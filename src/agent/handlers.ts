// The agent's answers: one handler for each method of the contract. They translate; what is done is done elsewhere. What is desired
// is on the disk before anything is done about it (P7): an agent that dies in between goes on with it, and one that cannot keep it
// does nothing.
import type { Clock } from "../base/clock.ts";
import type { AgentHandlers, DesiredService } from "../contract/agent.ts";
import { TailherdError } from "../contract/errors.ts";
import { userInfo } from "node:os";
import type { Commands } from "./commands/commands.ts";
import type { DesiredStore } from "./desired/desired-store.ts";
import type { OwnFile, WantedService } from "./desired/own-file.ts";
import type { Notices } from "./notices.ts";
import type { Observer } from "./observer.ts";
import { describeProcess } from "./processes/describe-process.ts";
import { type ExternalSources, listExternal } from "./processes/external-list.ts";
import type { ProcessTable } from "./processes/process-table.ts";
import { findAccount } from "./supervisor/accounts.ts";
import { checkSpec } from "./supervisor/check-spec.ts";
import type { Containment } from "./supervisor/containment.ts";
import { loginEnvironment } from "./supervisor/environment.ts";
import type { Supervisor } from "./supervisor/supervisor.ts";
import { tryCommand } from "./supervisor/try-command.ts";
import type { Scheduler } from "./scheduler/scheduler.ts";
import type { TaskStore } from "./scheduler/task-store.ts";
import type { TaskWishes } from "./scheduler/task-wishes.ts";
import { Subscriptions } from "./subscriptions.ts";

export interface HandlerTools {
  supervisor: Supervisor;
  observer: Observer;
  desired: DesiredStore;
  notices: Notices;
  commands: Commands;
  tasks: TaskStore;
  scheduler: Pick<Scheduler, "changed" | "runNow" | "runMissed">;
  wishes: TaskWishes;
  table: ProcessTable;
  containment: Containment;
  clock: Clock;
  /** What a locked agent's own file declares; null where the hub decides. What is kept is what the hub wishes, met anew each start. */
  own: OwnFile | null;
}

export function createHandlers(tools: HandlerTools): AgentHandlers {
  const { supervisor, observer, desired, table, clock, commands, tasks, scheduler, wishes, own } = tools;
  const subscriptions = new Subscriptions(supervisor, tools.notices);
  const meet = (wish: DesiredService): WantedService => own?.meet(wish) ?? wish;
  const refuseLocked = (act: string): void => {
    if (own === null) return;
    throw new TailherdError("refused", `Cannot ${act}: this server is locked, it does only what its own file says`);
  };
  const external = (): ExternalSources => ({
    table,
    listeners: observer.sampler.listeners,
    untouchable: observer.untouchable(),
    now: () => clock.now(),
  });
  const running = (service?: string) =>
    supervisor
      .instances(service)
      .filter((instance) => instance.alive || instance.state === "external")
      .map((instance) => observer.sampled(instance));
  /** The same, and those for which somebody listens while they do not run. */
  const listening = () =>
    supervisor
      .instances()
      .filter((instance) => instance.alive || instance.state === "external" || instance.shim.holds)
      .map((instance) => observer.sampled(instance));

  return {
    async apply({ services: told, tasks: due, standings, update_interval_ms }) {
      await wishes.settled();
      const services = told.map((service) => wishes.over(service));
      // Both from here on, without a turn in between: what comes next may be a change of one of them, and must not come first.
      const tasksKept = due === undefined ? Promise.resolve() : tasks.replace(due).then(() => scheduler.changed());
      tasksKept.catch(() => undefined);
      const known = standings && supervisor.standingsTold(standings);
      await desired.replace(services, update_interval_ms, known);
      observer.setInterval(update_interval_ms);
      const met = own?.meetAll(services) ?? services;
      const wanted = new Set(met.map(({ spec }) => spec.name));
      const leaving = supervisor.definitions().filter(({ spec }) => !wanted.has(spec.name));
      const taken = supervisor.setAll(met).then((failed) => {
        supervisor.reconcile();
        return failed;
      });
      await Promise.all([tasksKept, taken, ...leaving.map(({ spec }) => supervisor.remove(spec.name, "tailherd"))]);
      return { failed: (await taken).map(({ spec }) => spec.name) };
    },
    async set({ service: told }) {
      await wishes.settled();
      const service = wishes.over(told);
      await desired.put(service);
      await supervisor.set(meet(service));
      supervisor.reconcile(service.spec.name);
      return {};
    },
    async set_standings({ standings }) {
      // Whether or not they can be kept: they are facts, and nobody's wish.
      await desired.putStandings(supervisor.standingsTold(standings));
      return {};
    },
    async remove({ service, by }) {
      wishes.drop(service);
      await wishes.settled();
      await desired.delete(service);
      const alone = own?.aloneOf(service);
      if (alone !== undefined) {
        await supervisor.set(alone);
        supervisor.reconcile(service);
        return { outcome: "done", message: `${service} runs on: this server's own file starts it`, count: 0 };
      }
      return supervisor.remove(service, by);
    },
    async act({ service: told, action, index, by }) {
      if (action !== "reload") wishes.drop(told.spec.name);
      await wishes.settled();
      // Of a reload nobody wished anything: what a task wishes here stands.
      const service = action === "reload" ? wishes.over(told) : told;
      await desired.put(service);
      return supervisor.act(meet(service), action, index, by);
    },
    async snapshot() {
      return { instances: supervisor.instances().map((one) => observer.status(one)), system: observer.system };
    },
    async read_output({ service, index, ...query }) {
      return supervisor.instance(service, index).output.read(query);
    },
    async follow_output(params) {
      subscriptions.follow(params);
      return {};
    },
    async unfollow_output({ subscription }) {
      subscriptions.unfollow(subscription);
      return {};
    },
    async processes({ service }) {
      return { processes: running(service).flatMap((one) => observer.sampler.processes(one)) };
    },
    async scan_ports({ service }) {
      return { detected_ports: observer.sampler.scanPorts(running(service)) };
    },
    async check_results({ service, index }) {
      const instances = index === null ? supervisor.instances(service) : [supervisor.instance(service, index)];
      return { checks: instances.flatMap(({ health }) => health.histories()) };
    },
    async listeners() {
      return { listeners: observer.sampler.listAll(listening()) };
    },
    async match({ keywords }) {
      return listExternal(keywords, external());
    },
    async describe_process({ pid, create_time }) {
      refuseLocked("read a process into a definition");
      return describeProcess(pid, create_time, {
        ...external(),
        loginEnvironment: (user) => {
          const account = findAccount(user);
          return account === undefined ? {} : loginEnvironment(account);
        },
        ownUser: userInfo().username,
        taken: supervisor.definitions().map(({ spec }) => spec.name),
      });
    },
    async check_spec({ spec }) {
      const sources = { containment: tools.containment, external: external(), running: listening() };
      return { problems: own?.problems(spec) ?? checkSpec(spec, sources) };
    },
    async try_command({ spec, seconds }, signal) {
      refuseLocked("try a command");
      return tryCommand(spec, seconds, { table, clock, signal });
    },
    command: (command) => commands.take(command),
    async cancel_command({ id }) {
      commands.cancel(id);
      return {};
    },
    async set_task({ task }) {
      await wishes.settled();
      await tasks.put(task);
      scheduler.changed();
      return {};
    },
    async remove_task({ task }) {
      await wishes.settled();
      await tasks.delete(task);
      scheduler.changed();
      return {};
    },
    run_task: ({ task, id, by, due_at }) =>
      due_at === undefined
        ? scheduler.runNow(task, id, by)
        : scheduler.runMissed(task, { id, by, due: Date.parse(due_at) }),
  };
}
