// Saves a form once what was typed last has been checked.
import { useEffect, useState } from "react";

interface Checked {
  /** The last keys are still being checked: what is known is of an older draft. */
  pending: boolean;
  errors: number;
  saving: boolean;
  submit: () => void;
}

/** Returns what asks for it: `submit` is called when the check is over, unless something is wrong or it is being saved. */
export function useCheckedSubmit({ pending, errors, saving, submit }: Checked): () => void {
  const [wanted, setWanted] = useState(false);
  useEffect(() => {
    if (!wanted || pending) return;
    setWanted(false);
    if (errors === 0 && !saving) submit();
  }, [wanted, pending, errors, saving, submit]);
  return () => setWanted(true);
}
