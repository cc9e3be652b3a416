// The outcome of a run as shape, colour and word.
import type { RunOutcome } from "../../../contract/task.ts";
import { useApp } from "../../app-context.ts";
import { NONE } from "../../ui/format.ts";
import { StateMark } from "../../ui/StateMark.tsx";
import { useTicking } from "../../ui/ticker.ts";
import { formatTook, RUN_LOOK, tookOf } from "./run-look.ts";

export function RunMark({ outcome }: { outcome: RunOutcome }) {
  const { as, tone, word } = RUN_LOOK[outcome];
  return <StateMark state={as} tone={tone} word={word} />;
}

/** Time that a run took; goes on while it has no end. */
export function RunTook({ run }: { run: { started_at: string | null; ended_at: string | null } }) {
  const { store } = useApp();
  return useTicking((now) => {
    const took = tookOf(run, now + store.clockSkew);
    return took === null ? NONE : formatTook(took);
  });
}
