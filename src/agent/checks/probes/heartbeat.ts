// Looks when the service touched its file last. The file is only asked for its time, never opened: it may be anything, and belongs to
// somebody who may not be trusted with what the agent can read.
import { stat } from "node:fs/promises";
import { SECOND } from "../../../base/units.ts";
import type { HeartbeatCheck } from "../../../contract/checks.ts";
import { formatRun } from "../../supervisor/exit-words.ts";
import { isSystemError, systemWords } from "../../supervisor/system-words.ts";
import type { Outcome } from "../judge.ts";
import { failure, type Probe, type Subject, unlessShort, WELL } from "./probe.ts";

/** Of a check that names its file. */
export function openHeartbeatProbe(
  check: HeartbeatCheck & { file: string },
  subject: Subject,
  resolvePath: (path: string) => string,
): Probe {
  const path = resolvePath(check.file);
  /** One at a time: a filesystem that hangs would take a thread for each. */
  let asking: Promise<Outcome | null> | undefined;
  return {
    look(answer) {
      let cut = false;
      asking ??= lastTouched(path, check, subject).finally(() => (asking = undefined));
      void asking.then((outcome) => {
        if (!cut) answer(outcome);
      });
      return () => (cut = true);
    },
  };
}

async function lastTouched(
  path: string,
  { within }: HeartbeatCheck,
  { launchedAt, now }: Subject,
): Promise<Outcome | null> {
  let touched: number | undefined;
  try {
    touched = (await stat(path)).mtimeMs;
  } catch (error) {
    if (!isSystemError(error, "ENOENT")) return unlessShort(error, () => `${path}: ${systemWords(error)}`);
  }
  // What a generation before touched last says nothing of this one, which has as long for its first time.
  const since = now() - Math.max(touched ?? 0, launchedAt);
  if (since <= within * SECOND) return WELL;
  return failure(touched === undefined ? `${path} is not there` : `${path} was touched ${formatRun(since)} ago`);
}
