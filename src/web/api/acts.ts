// Acts on services as people do them: shown at once, followed by one toast from beginning to end, undone where that is possible.
import type { ServiceAction } from "../../contract/operations.ts";
import type { Toasts } from "../ui/toast-manager.ts";
import { navigate } from "wouter/use-browser-location";
import { paths } from "../paths.ts";
import { call } from "./client.ts";
import type { LiveSocket } from "./live.ts";
import type { LiveStore } from "./live-store.ts";
import { explain } from "./problems.ts";
import { VERBS } from "./service-can.ts";

/** Which instances are meant: all, or those of one number, one server, or both. */
export interface Which {
  index?: number;
  /** Its id, and its name for the words. */
  server?: { id: string; name: string };
}

export interface Acts {
  /**
   * Does it to one service, once somebody agreed where others depend on it; resolves when it is done, has failed (told by the
   * toast) or was not agreed to, never rejects.
   */
  one(name: string, action: ServiceAction, options?: Which): Promise<void>;
  /** Does it to many as one operation of the hub; its sheet was agreed to before. */
  many(names: readonly string[], action: ServiceAction): Promise<void>;
}

const OPPOSITE: Partial<Record<ServiceAction, ServiceAction>> = { start: "stop", stop: "start" };

interface ActsOptions {
  store: LiveStore;
  socket: LiveSocket;
  toasts: Toasts;
  /** May a whole service be stopped or restarted, whatever depends on it? */
  consent: (name: string, action: "stop" | "restart") => Promise<boolean>;
}

export function createActs({ store, socket, toasts, consent }: ActsOptions): Acts {
  /** Services whose act waits for an answer: a second press asks no second time. */
  const asked = new Set<string>();

  async function agreed(name: string, action: ServiceAction): Promise<boolean> {
    if (action !== "stop" && action !== "restart") return true;
    if (asked.has(name)) return false;
    asked.add(name);
    try {
      return await consent(name, action);
    } finally {
      asked.delete(name);
    }
  }

  async function one(name: string, action: ServiceAction, options: Which = {}): Promise<void> {
    // One instance of several is missed by nobody.
    const whole = options.index === undefined && options.server === undefined;
    if (!whole || (await agreed(name, action))) await act(name, action, options);
  }

  async function act(name: string, action: ServiceAction, options: Which): Promise<void> {
    const words = VERBS[action];
    const { index, server } = options;
    const what = [name, index !== undefined && `#${index}`, server !== undefined && `on ${server.name}`]
      .filter((part) => part !== false)
      .join(" ");
    const undo = OPPOSITE[action];
    const id = toasts.show({ kind: "busy", title: `${words.going} ${what}…` });
    store.setActing(name, action);
    try {
      const query = { ...(index !== undefined && { index }), ...(server !== undefined && { server: server.id }) };
      const answer = await call(`POST /api/services/{name}/${action}`, { params: { name }, query });
      if (!answer.success) throw new Error(answer.message);
      toasts.show(
        {
          kind: "done",
          title: `${words.done} ${what}`,
          detail: answer.message,
          ...(undo !== undefined && { action: { label: "Undo", run: () => void one(name, undo, options) } }),
        },
        id,
      );
    } catch (error) {
      const { title, detail } = explain(error);
      const attempt = `Cannot ${action} ${what}`;
      // The agent's words begin with what was tried, as the title does.
      const facts = detail.startsWith(`${attempt}: `) ? detail.slice(attempt.length + 2) : detail;
      toasts.show({ kind: "failed", title: attempt, detail: facts === "" ? title : facts }, id);
    } finally {
      store.setActing(name, null);
    }
  }

  async function many(names: readonly string[], action: ServiceAction): Promise<void> {
    const [only] = names;
    if (names.length === 1 && only !== undefined) return act(only, action, {});
    // Most visits never need it.
    const { actOnMany } = await import("./operations.ts");
    await actOnMany(names, action, { socket, toasts, open: (id) => navigate(paths.operation(id)) });
  }

  return { one, many };
}
