// Text with "*" for anything in between. Not a regular expression: whatever a service prints, a line is looked through once for each
// piece, and none of them is tried in more than one place.

/** Answers whether a text holds the pattern's pieces, one after the other. */
export function matcherOf(pattern: string): (text: string) => boolean {
  const pieces = pattern.split("*").filter((piece) => piece !== "");
  return (text) => {
    let from = 0;
    for (const piece of pieces) {
      const at = text.indexOf(piece, from);
      if (at === -1) return false;
      from = at + piece.length;
    }
    return true;
  };
}
