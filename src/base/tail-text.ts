// The last of a text that grows, and how much of it is gone.

/** Keeps at most `limit` characters (UTF-16 units); cutting is put off until twice that has come, so that it costs little. */
export class TailText {
  /** Characters that ever came. */
  total = 0;
  private kept = "";
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  add(text: string): void {
    this.total += text.length;
    this.kept += text;
    if (this.kept.length > 2 * this.limit) this.kept = lastOf(this.kept, this.limit);
  }

  /** So many characters came in between that nobody saw: what was kept before them would not join on. */
  skip(characters: number): void {
    this.total += characters;
    this.kept = "";
  }

  get text(): string {
    this.kept = lastOf(this.kept, this.limit);
    return this.kept;
  }

  /** Characters before those of `text`. */
  get dropped(): number {
    return this.total - this.text.length;
  }
}

/** The last characters of a text, at most so many; never half of a surrogate pair. */
export function lastOf(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const from = text.length - limit;
  const splits = /[\uDC00-\uDFFF]/.test(text.charAt(from)) && /[\uD800-\uDBFF]/.test(text.charAt(from - 1));
  return text.slice(splits ? from + 1 : from);
}
