// Changes the user of a command: ids and supplementary groups, as a login gives them.
import { type Account, ownAccount } from "./accounts.ts";
import { findTool } from "./find-program.ts";

/** What to put before a command's argv; nothing for the agent's own account. `words` say why it cannot be done here. */
export type BecomeUser = { ok: true; prefix: string[] } | { ok: false; words: string };

/** Node's own `uid` and `gid` would leave the agent's supplementary groups in place. */
export function becomeUser(account: Account): BecomeUser {
  const own = ownAccount();
  if (account.uid === own.uid) return { ok: true, prefix: [] };
  if (own.uid !== 0) {
    return { ok: false, words: `user ${account.name}: only an agent that runs as root can change the user` };
  }
  const setpriv = findTool("setpriv");
  if (setpriv === undefined) {
    return { ok: false, words: `user ${account.name}: setpriv, which changes the user, is not installed` };
  }
  return {
    ok: true,
    prefix: [setpriv, `--reuid=${account.uid}`, `--regid=${account.gid}`, "--init-groups", "--"],
  };
}

/** A command to be spawned that enters its directory as the user it becomes, who may not be allowed to. */
export function inDirectory(
  prefix: string[],
  directory: string,
  argv: string[],
): { program: string; args: string[]; directory: string } {
  if (prefix.length === 0) return { program: argv[0] ?? "", args: argv.slice(1), directory };
  const [program = "", ...args] = [
    ...prefix,
    "/bin/sh",
    "-c",
    'cd "$1" && shift && exec "$@"',
    "sh",
    directory,
    ...argv,
  ];
  return { program, args, directory: "/" };
}
