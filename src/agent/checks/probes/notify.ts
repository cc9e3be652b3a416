// Looks at what the service says of itself by sd_notify. It comes by itself; a look only asks what that means by now.
import type { NotifyCheck } from "../../../contract/checks.ts";
import type { Outcome } from "../judge.ts";
import { judgeSaid } from "../notify/said.ts";
import type { Probe, Subject } from "./probe.ts";

/** `turned`: told when what was said makes of a failure what is well, or the other way round. */
export function openNotifyProbe(check: NotifyCheck, subject: Subject, turned: () => void): Probe {
  const judge = () => judgeSaid(check, subject.hearing());
  let well = false;
  const hear = (): void => {
    const outcome = judge();
    if (outcome === null || outcome.ok === well) return;
    well = outcome.ok;
    turned();
  };
  const hearing = subject.onHeard(hear);
  // It may have been said before anybody looked.
  let open = true;
  queueMicrotask(() => {
    if (open) hear();
  });
  return {
    look(answer) {
      let cut = false;
      const tell = (outcome: Outcome | null): void => {
        well = outcome?.ok ?? well;
        answer(outcome);
      };
      const first = judge();
      const isSilence = first?.ok === false && first.atOnce !== true && subject.hearing().problem === null;
      // Silence may be ours: then it says nothing of the service.
      if (!isSilence) tell(first);
      else {
        void subject.caughtUp().then((all) => {
          if (!cut) tell(all ? judge() : null);
        });
      }
      return () => (cut = true);
    },
    close() {
      open = false;
      hearing[Symbol.dispose]();
    },
  };
}
