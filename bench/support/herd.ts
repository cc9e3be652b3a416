// Boots a supervisor in a home of its own for the length of an act, and knows which of its processes do what.
import type { Herd, Peer, Wishes } from "../peers/peer.ts";
import { openHome, type OpenHome } from "./home.ts";
import { parentOf } from "./proc.ts";

/** A booted supervisor with its home. */
export interface Booted extends AsyncDisposable {
  home: OpenHome;
  herd: Herd;
  /** Milliseconds that booting took. */
  bootTime: number;
}

/** Boots it; disposing ends all that was started in its home. */
export async function bootIn(peer: Peer, wishes: Wishes = { keepOutput: false }): Promise<Booted> {
  const home = openHome();
  try {
    const started = performance.now();
    const herd = await peer.boot(home, wishes);
    return {
      home,
      herd,
      bootTime: performance.now() - started,
      async [Symbol.asyncDispose]() {
        try {
          await herd.dispose?.();
        } finally {
          await home.clear();
        }
      },
    };
  } catch (error) {
    await home.clear();
    throw error;
  }
}

/** The processes that a supervisor consists of. */
export interface Roles {
  /** The one that decides. */
  main: number;
  /** One for each service: shims, s6-supervise, runsv. Empty where the main one is the services' parent. */
  perService: number[];
  loggers: number[];
}

/** Finds them: what stands between the main process and the services are the services' parents. */
export function rolesOf(herd: Herd, services: number[]): Roles {
  const main = herd.pid();
  const parents = new Set(services.map(parentOf).filter((pid): pid is number => pid !== undefined));
  parents.delete(main);
  return { main, perService: [...parents], loggers: herd.loggers?.() ?? [] };
}
