// The state of an operation or of one of its targets.
import type { OperationState } from "../../../contract/operations.ts";
import { StateMark } from "../../ui/StateMark.tsx";
import { OPERATION_LOOK } from "./progress.ts";

export function OperationMark({ state }: { state: OperationState }) {
  const { as, tone, word } = OPERATION_LOOK[state];
  return <StateMark state={as} tone={tone} word={word} />;
}
