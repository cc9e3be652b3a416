// Who follows which output. A subscription to all instances of a service hears those that come later too.
import type { AgentParams } from "../contract/agent.ts";
import type { LogLine } from "../contract/status.ts";
import type { Notices } from "./notices.ts";
import type { Instance } from "./supervisor/instance.ts";
import type { Supervisor } from "./supervisor/supervisor.ts";

interface Subscription {
  params: AgentParams<"follow_output">;
  followed: Map<Instance, Disposable>;
}

export class Subscriptions {
  private readonly supervisor: Supervisor;
  private readonly notices: Notices;
  private readonly subscriptions = new Map<string, Subscription>();

  constructor(supervisor: Supervisor, notices: Notices) {
    this.supervisor = supervisor;
    this.notices = notices;
    supervisor.onInstances((service) => {
      for (const subscription of this.subscriptions.values()) {
        if (subscription.params.service === service) this.refresh(subscription);
      }
    });
  }

  /** Begins to follow; throws `not_found` for what is not there. */
  follow(params: AgentParams<"follow_output">): void {
    this.unfollow(params.subscription);
    if (params.index !== null) this.supervisor.instance(params.service, params.index);
    const subscription = { params, followed: new Map<Instance, Disposable>() };
    this.subscriptions.set(params.subscription, subscription);
    this.refresh(subscription);
  }

  unfollow(name: string): void {
    for (const followed of this.subscriptions.get(name)?.followed.values() ?? []) followed[Symbol.dispose]();
    this.subscriptions.delete(name);
  }

  private refresh(subscription: Subscription): void {
    const { params, followed } = subscription;
    const wanted = this.supervisor
      .instancesOf(params.service)
      .filter((instance) => params.index === null || instance.index === params.index);
    for (const [instance, following] of followed) {
      if (wanted.includes(instance)) continue;
      following[Symbol.dispose]();
      followed.delete(instance);
    }
    for (const instance of wanted) {
      if (followed.has(instance)) continue;
      const tell = (lines: LogLine[]): void => {
        const { subscription: name, service } = params;
        this.notices.send({ notice: "output", data: { subscription: name, service, index: instance.index, lines } });
      };
      followed.set(instance, instance.output.follow(params.after, tell));
    }
  }
}
