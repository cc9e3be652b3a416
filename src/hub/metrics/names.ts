// Servers and series by number, as the database keeps them: a name is stored once, not in each blob.
import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Numbers of names of one kind, all in memory; new ones are written at once. */
export class Names {
  private readonly numbers = new Map<string, number>();
  private readonly texts = new Map<number, string>();
  private readonly insert: StatementSync;

  constructor(db: DatabaseSync, kind: "server" | "label") {
    const column = kind === "server" ? "name" : "text";
    this.insert = db.prepare(`INSERT INTO ${kind} (${column}) VALUES (?) RETURNING id`);
    for (const row of db.prepare(`SELECT id, ${column} AS text FROM ${kind}`).iterate()) {
      this.keep(Number(row.id), String(row.text));
    }
  }

  /** The number of a name, given to it if it has none. */
  numberOf(text: string): number {
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    const number = Number(this.insert.get(text)?.id);
    this.keep(number, text);
    return number;
  }

  find(text: string): number | undefined {
    return this.numbers.get(text);
  }

  textOf(number: number): string | undefined {
    return this.texts.get(number);
  }

  entries(): Iterable<[text: string, number: number]> {
    return this.numbers.entries();
  }

  drop(text: string): void {
    const number = this.numbers.get(text);
    this.numbers.delete(text);
    if (number !== undefined) this.texts.delete(number);
  }

  private keep(number: number, text: string): void {
    this.numbers.set(text, number);
    this.texts.set(number, text);
  }
}
