// The sheet before an act on something that others depend on: who they are, and what becomes of each.
import { VERBS } from "../api/service-can.ts";
import { Button } from "../ui/Button.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { plural } from "../ui/format.ts";
import type { Question } from "./asking.ts";
import { ConsequenceList } from "./ConsequenceList.tsx";

export function ConsentSheet({
  question: { name, action, consequences },
  onAnswer,
}: {
  question: Question;
  onAnswer: (yes: boolean) => void;
}) {
  const { act } = VERBS[action];
  const count = consequences.told.length;
  return (
    <Dialog
      open
      onClose={() => onAnswer(false)}
      shape="sheet"
      title={`${act} ${name}?`}
      description={`${plural(count, "service")} ${count === 1 ? "depends" : "depend"} on it.`}
      buttons={
        <>
          <Button onClick={() => onAnswer(false)}>Cancel</Button>
          <Button look="primary" onClick={() => onAnswer(true)}>
            {act} {name}
          </Button>
        </>
      }
    >
      <ConsequenceList consequences={consequences} action={action} />
    </Dialog>
  );
}
