// Looks at what the service says of itself by sd_notify. It comes by itself; a look only asks what that means by now.
import type { NotifyCheck } from "../../../contract/checks.ts";
import { judgeSaid } from "../notify/said.ts";
import type { Probe, Subject } from "./probe.ts";

/** `turned`: told when what was said makes of a failure what is well, or the other way round. */
export function openNotifyProbe(check: NotifyCheck, subject: Subject, turned: () => void): Probe {
  const judge = () => judgeSaid(check, subject.hearing(), subject.now());
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
      const outcome = judge();
      well = outcome?.ok ?? well;
      answer(outcome);
      return () => undefined;
    },
    close() {
      open = false;
      hearing[Symbol.dispose]();
    },
  };
}
