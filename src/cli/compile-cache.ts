// Where V8's compiled code is kept between runs: it halves the time to the first line of output.
import { statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * A directory below the user's own cache directory; undefined where none is safe. Compiled code is trusted as it stands, so a
 * place that somebody else owns (`sudo` keeping HOME, a shared /tmp) would let them run code as this user.
 */
export function compileCacheDirectory(env: NodeJS.ProcessEnv): string | undefined {
  const base = env.XDG_CACHE_HOME || homedir();
  try {
    if (statSync(base).uid !== process.getuid?.()) return undefined;
  } catch {
    return undefined;
  }
  return join(base, env.XDG_CACHE_HOME ? "" : ".cache", "tailherd", "compiled");
}
