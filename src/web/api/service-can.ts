// What can be done to a service in which state; asked by every button, key and bulk act.
import type { ServiceAction } from "../../contract/operations.ts";
import type { InstanceState, ServiceStatus } from "../../contract/status.ts";

const IDLE: readonly InstanceState[] = ["stopped", "exited", "fatal"];
/** To restart an external one is to take it over. */
const RESTARTABLE: readonly InstanceState[] = ["running", "unhealthy", "starting", "external"];

/** Is this act meaningful now? `start` during backoff means at once. */
export const serviceCan: Record<ServiceAction, (status: ServiceStatus) => boolean> = {
  start: ({ instances, state }) =>
    instances.length === 0
      ? IDLE.includes(state)
      : instances.some((one) => IDLE.includes(one.state) || one.state === "backoff"),
  stop: ({ instances, state }) =>
    instances.length === 0
      ? !IDLE.includes(state)
      : instances.some((one) => !IDLE.includes(one.state) && one.state !== "stopping"),
  restart: ({ instances }) => instances.some((one) => RESTARTABLE.includes(one.state)),
  kill: ({ instances }) => instances.some((one) => one.pid !== null),
  reload: ({ instances }) => instances.some(({ state }) => state === "running" || state === "unhealthy"),
};

/** Verb forms of the acts: on buttons, while it goes on, and when it is done. */
export const VERBS: Record<ServiceAction, { act: string; going: string; done: string }> = {
  start: { act: "Start", going: "Starting", done: "Started" },
  stop: { act: "Stop", going: "Stopping", done: "Stopped" },
  restart: { act: "Restart", going: "Restarting", done: "Restarted" },
  kill: { act: "Kill", going: "Killing", done: "Killed" },
  reload: { act: "Reload", going: "Reloading", done: "Reloaded" },
};
