// Where things lie on disk.
import { homedir } from "node:os";
import { join } from "node:path";

/** The data directory: TAILHERD_DATA_DIR, else XDG_STATE_HOME/tailherd, else ~/.local/state/tailherd. */
export function defaultDataDir(env: NodeJS.ProcessEnv = process.env): string {
  if (env.TAILHERD_DATA_DIR) return env.TAILHERD_DATA_DIR;
  return join(env.XDG_STATE_HOME || join(homedir(), ".local", "state"), "tailherd");
}

/** The hub's admin socket in a data directory (0600). */
export function socketPath(dataDir: string): string {
  return join(dataDir, "hub.sock");
}
