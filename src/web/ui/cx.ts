// Joins class names.

/** The given classes in one text; falsy ones are left out. */
export function cx(...classes: (string | false | null | undefined)[]): string {
  return classes.filter(Boolean).join(" ");
}
