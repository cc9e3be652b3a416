// What an operation printed and prints: the hub tells it from the beginning, follows while it goes on, and says when that is all.
import { useEffect, useRef, useState } from "react";
import { Printed, type Piece } from "./printed.ts";

/** Drawn at most this often, milliseconds: a program may print faster than anybody reads. */
const DRAW_EVERY = 100;

/** The same object all the time; renders when there is more in it. */
export function usePrinted(id: string): Printed {
  const printed = useRef(new Printed());
  const [, draw] = useState(0);
  useEffect(() => {
    printed.current = new Printed();
    let timer: ReturnType<typeof setTimeout> | null = null;
    const source = new EventSource(`/api/operations/${encodeURIComponent(id)}/output`);
    source.addEventListener("output", ({ data }: MessageEvent<string>) => {
      printed.current.take(JSON.parse(data) as Piece);
      timer ??= setTimeout(() => {
        timer = null;
        draw((count) => count + 1);
      }, DRAW_EVERY);
    });
    // Else the browser would open it again, and hear all of it again.
    source.addEventListener("end", () => source.close());
    return () => {
      source.close();
      if (timer !== null) clearTimeout(timer);
    };
  }, [id]);
  return printed.current;
}
