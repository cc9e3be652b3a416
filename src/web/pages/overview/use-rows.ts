// Virtual rows in a page that scrolls as a whole: only what is in view is drawn.
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef, useState, type RefObject } from "react";

export interface VirtualRows {
  box: RefObject<HTMLDivElement | null>;
  /** Rows to draw, with where they begin below the top of the box. */
  items: { index: number; start: number; size: number }[];
  /** Height of all rows. */
  height: number;
  reveal: (index: number) => void;
}

/** `sizes[i]` is the height of row i in pixels. */
export function useRows(sizes: readonly number[]): VirtualRows {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    // What stands above the list grows and shrinks (problems come and go).
    const measure = (): void => {
      const node = box.current;
      if (node !== null) setTop(Math.round(node.getBoundingClientRect().top + window.scrollY));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);
  const virtualizer = useWindowVirtualizer({
    count: sizes.length,
    estimateSize: (index) => sizes[index] ?? 0,
    overscan: 6,
    scrollMargin: top,
    scrollPaddingStart: 60,
    scrollPaddingEnd: 90,
  });
  const key = sizes.join();
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, key]);
  return {
    box,
    items: virtualizer.getVirtualItems().map(({ index, start, size }) => ({ index, start: start - top, size })),
    height: virtualizer.getTotalSize(),
    reveal: (index) => virtualizer.scrollToIndex(index, { align: "auto" }),
  };
}
