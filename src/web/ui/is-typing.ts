// Single keys mean nothing while somebody types.

/** Does this key belong to a field or control that takes text, or to a dialog (one that waits; a toast does not)? */
export function isTyping(event: KeyboardEvent): boolean {
  const { target } = event;
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable || target.closest("input:not([type=checkbox]), textarea, select, [data-own-keys]") !== null
  );
}
