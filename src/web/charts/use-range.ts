// The range of a page, kept in its address: a link shows the same, and the browser's own way back undoes a zoom.
import { useMemo, useRef } from "react";
import { useLocation, useSearch } from "wouter";
import { DEFAULT_SPAN, readRange, writeRange, zoomed, type Range, type SpanName } from "./range.ts";

export interface RangeControl {
  range: Range;
  onSpan: (span: SpanName) => void;
  /** Null goes back to what was seen before the last zoom. */
  onZoom: (range: { from: number; to: number } | null) => void;
  onBack: () => void;
}

export function useRange(): RangeControl {
  const search = useSearch();
  const [location, navigate] = useLocation();
  const before = useRef<Range[]>([]);
  const range = useMemo(() => readRange(new URLSearchParams(search)), [search]);
  const go = (next: Range): void => {
    const query = writeRange(new URLSearchParams(search), next).toString();
    navigate(query === "" ? location : `${location}?${query}`);
  };
  const onBack = (): void => {
    if (!("span" in range)) go(before.current.pop() ?? { span: DEFAULT_SPAN });
  };
  return {
    range,
    onSpan: (span) => {
      before.current = [];
      go({ span });
    },
    onZoom: (picked) => {
      if (picked === null) return onBack();
      before.current.push(range);
      go(zoomed(picked.from, picked.to));
    },
    onBack,
  };
}
