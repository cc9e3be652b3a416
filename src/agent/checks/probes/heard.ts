// Looks at what the service tells by itself. It comes by itself; a look only asks what that means by now.
import type { Ear } from "../ear.ts";
import type { Outcome } from "../judge.ts";
import type { Probe } from "./probe.ts";

interface HeardProbeOptions<H extends { problem: string | null }> {
  ear: Ear<H>;
  /** What a look finds; null where nobody can know. */
  judge: (hearing: H) => Outcome | null;
  /** Told when what was heard makes of a failure what is well, or the other way round. */
  turned: () => void;
}

export function openHeardProbe<H extends { problem: string | null }>(options: HeardProbeOptions<H>): Probe {
  const { ear, turned } = options;
  const judge = () => options.judge(ear.hearing());
  let well = false;
  const hear = (): void => {
    const outcome = judge();
    if (outcome === null || outcome.ok === well) return;
    well = outcome.ok;
    turned();
  };
  const hearing = ear.onHeard(hear);
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
      const isSilence = first?.ok === false && first.atOnce !== true && ear.hearing().problem === null;
      // Silence may be ours: then it says nothing of the service.
      if (!isSilence) tell(first);
      else {
        void ear.caughtUp().then((all) => {
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
