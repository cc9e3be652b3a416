// The one time range of a page: spans that end now, and the way back from where somebody zoomed in.
import Undo from "lucide-react/icons/undo-2";
import { Button } from "../ui/Button.tsx";
import { formatExact } from "../ui/format.ts";
import { SPANS, type Range, type SpanName } from "./range.ts";
import styles from "./TimeChart.module.css";

const NAMES = Object.keys(SPANS) as SpanName[];

export function RangePicker({
  range,
  onSpan,
  onBack,
}: {
  range: Range;
  onSpan: (span: SpanName) => void;
  onBack: () => void;
}) {
  return (
    <div className={styles["range"]}>
      {"span" in range ? null : (
        <>
          <span className={styles["fixed"]}>
            {formatExact(range.from)} to {formatExact(range.to)}
          </span>
          <Button size="s" onClick={onBack}>
            <Undo aria-hidden="true" /> Zoom back
          </Button>
        </>
      )}
      <div className={styles["spans"]} role="group" aria-label="Time range">
        {NAMES.map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={"span" in range && range.span === name}
            onClick={() => onSpan(name)}
          >
            {name}
          </button>
        ))}
      </div>
    </div>
  );
}
