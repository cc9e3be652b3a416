// Looks for lines in what the service prints. Lines are matched as they come, each once; a look only asks when the last one came.
import { SECOND } from "../../../base/units.ts";
import type { LogCheck } from "../../../contract/checks.ts";
import type { LogLine } from "../../../contract/status.ts";
import type { Outcome } from "../judge.ts";
import { matcherOf } from "../pattern.ts";
import { failure, type Probe, type Subject, WELL } from "./probe.ts";

/** Lines from before the probe was opened that are looked through: those of a start that printed more than that are old. */
const LOOK_BACK = 10_000;

/**
 * `came`: such a line has come in this generation already, as an agent before knew. `turned`: told when a line makes of what was well
 * a failure, or the other way round; not with each line, of which there may be thousands.
 */
export function openLogProbe(check: LogCheck, subject: Subject, came: boolean, turned: () => void): Probe {
  const fits = matcherOf(check.match);
  /** When the last line that fits was read, Unix milliseconds. */
  let last = came ? subject.launchedAt : Number.NEGATIVE_INFINITY;
  const hear = (lines: readonly LogLine[]): void => {
    const before = judge(check, last, subject).ok;
    for (const { stream, ts, text } of lines) {
      if (stream !== "tailherd" && ts >= subject.launchedAt && ts > last && fits(text)) last = ts;
    }
    if (judge(check, last, subject).ok !== before) turned();
  };
  // First what comes, then what was there: a line between the two is seen twice rather than never.
  const following = subject.output.follow(undefined, hear);
  const caughtUp = subject.output
    .read({ since: subject.launchedAt, limit: LOOK_BACK })
    .then(({ lines }) => hear(lines))
    .catch(() => undefined);
  return {
    look(answer) {
      let cut = false;
      void Promise.all([caughtUp, subject.output.drain().catch(() => undefined)]).then(() => {
        if (!cut) answer(judge(check, last, subject));
      });
      return () => (cut = true);
    },
    close: () => following[Symbol.dispose](),
  };
}

function judge({ match, expect, within }: LogCheck, last: number, { launchedAt, now }: Subject): Outcome {
  const counts = (since: number): boolean => within === null || now() - since <= within * SECOND;
  const came = last >= launchedAt && counts(last);
  if (expect === "absent") return came ? failure(`a line held "${match}"`) : WELL;
  // What has just come up has as long for its first line as for any other.
  if (came || (within !== null && counts(launchedAt))) return WELL;
  return failure(`no line held "${match}" ${within === null ? "yet" : `for ${within} s`}`);
}
