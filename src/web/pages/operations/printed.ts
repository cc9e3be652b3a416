// What the targets of an operation printed, put together from pieces that may come twice. Pure, but for its own memory.
import { TailText } from "../../../base/tail-text.ts";
import { MIB } from "../../../base/units.ts";

/** One message of `GET /api/operations/{id}/output`. */
export interface Piece {
  /** Of the target in `targets`. */
  place: number;
  /** Characters that the target had printed before this text. */
  at: number;
  text: string;
}

/** Characters of one target that a page keeps: as many as the hub. */
const KEPT = MIB;

/** All outputs of one operation, by the target's place. */
export class Printed {
  private readonly texts = new Map<number, TailText>();

  /** Takes what is new of a piece: a stream that was opened again tells everything again. */
  take({ place, at, text }: Piece): void {
    let tail = this.texts.get(place);
    if (tail === undefined) this.texts.set(place, (tail = new TailText(KEPT)));
    if (at > tail.total) tail.skip(at - tail.total);
    tail.add(text.slice(tail.total - at));
  }

  /** Places of those that printed anything, in order. */
  places(): number[] {
    return [...this.texts.keys()].toSorted((a, b) => a - b);
  }

  /** What is kept of one, and how many characters came before it. */
  of(place: number): { text: string; dropped: number } {
    const tail = this.texts.get(place);
    return { text: tail?.text ?? "", dropped: tail?.dropped ?? 0 };
  }
}
