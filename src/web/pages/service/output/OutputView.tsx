// Live output: follows the newest line until somebody scrolls up, then counts what is new below.
import { useVirtualizer } from "@tanstack/react-virtual";
import ArrowDown from "lucide-react/icons/arrow-down";
import { useCallback, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from "react";
import { usePreferences } from "../../../api/hooks.ts";
import { Button } from "../../../ui/Button.tsx";
import { cx } from "../../../ui/cx.ts";
import { Empty } from "../../../ui/Empty.tsx";
import { plural } from "../../../ui/format.ts";
import { MOST_LINES, type Filter } from "./output-buffer.ts";
import { OutputLine } from "./OutputLine.tsx";
import { OutputTools } from "./OutputTools.tsx";
import styles from "./OutputView.module.css";
import { useOutput } from "./use-output.ts";

const LINE = 20;
/** Closer to the end than this is at the end. */
const AT_END = 24;
/** Older lines are asked for when the first one is this near. */
const NEAR_START = 400;

export interface OutputChoice extends Filter {
  /** filter: only lines with the text. mark: all lines, the text marked. */
  mode: "filter" | "mark";
  index: number;
  /** Lines as written, also where they could be read as fields. */
  raw: boolean;
}

interface OutputViewProps {
  service: string;
  instances: number;
  /** A few lines without tools, for the summary. */
  compact?: boolean;
}

export function OutputView({ service, instances, compact = false }: OutputViewProps) {
  const [choice, setChoice] = useState<OutputChoice>({ text: "", stream: "all", mode: "filter", index: 0, raw: false });
  const following = useRef(true);
  const [follows, setFollows] = useState(true);
  const follow = useCallback((on: boolean) => {
    following.current = on;
    setFollows(on);
  }, []);
  const isFollowing = useCallback(() => following.current, []);
  const output = useOutput(service, choice.index, isFollowing);
  const { buffer } = output;
  useEffect(() => {
    buffer.setFilter({ text: choice.mode === "filter" ? choice.text : "", stream: choice.stream });
  }, [buffer, choice.text, choice.stream, choice.mode]);

  return (
    <div className={cx(styles["view"], compact && styles["compact"])}>
      {compact ? null : (
        <OutputTools
          service={service}
          instances={instances}
          choice={choice}
          onChoice={setChoice}
          output={output}
          follows={follows}
          onFollow={follow}
        />
      )}
      <Lines
        service={service}
        choice={choice}
        output={output}
        follows={follows}
        following={following}
        onFollow={follow}
      />
    </div>
  );
}

interface LinesProps {
  service: string;
  choice: OutputChoice;
  output: ReturnType<typeof useOutput>;
  follows: boolean;
  following: React.RefObject<boolean>;
  onFollow: (on: boolean) => void;
}

function Lines({ service, choice, output, follows, following, onFollow }: LinesProps) {
  const { wrap } = usePreferences();
  const { buffer, loadOlder, moreBefore } = output;
  const version = useSyncExternalStore(buffer.changed.subscribe, buffer.changed.getVersion);
  const box = useRef<HTMLDivElement>(null);
  const { shown } = buffer;
  const virtualizer = useVirtualizer({
    count: shown.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE,
    overscan: 12,
    getItemKey: (index) => shown[index]?.cursor ?? index,
  });
  useLayoutEffect(() => virtualizer.measure(), [virtualizer, wrap]);

  // Following means: whatever comes, the end stays in view.
  useLayoutEffect(() => {
    if (following.current && shown.length > 0) virtualizer.scrollToIndex(shown.length - 1, { align: "end" });
  }, [version, shown.length, follows, following, virtualizer, wrap]);

  const seen = useRef(shown.length);
  if (follows) seen.current = buffer.dropped + shown.length;
  const fresh = follows ? 0 : Math.max(0, buffer.dropped + shown.length - seen.current);

  const onScroll = (): void => {
    const node = box.current;
    if (node === null) return;
    const atEnd = node.scrollHeight - node.scrollTop - node.clientHeight < AT_END;
    if (atEnd !== following.current && (atEnd || !virtualizer.isScrolling || node.scrollHeight > node.clientHeight))
      onFollow(atEnd);
    if (node.scrollTop < NEAR_START && moreBefore && !atEnd) {
      void loadOlder().then((added) => {
        // What was in view stays in view.
        if (added === 0) return;
        seen.current += added;
        virtualizer.scrollToOffset(node.scrollTop + added * LINE);
      });
    }
  };

  return (
    <div className={styles["frame"]}>
      <div
        ref={box}
        className={cx(styles["lines"], wrap && styles["wrap"])}
        role="region"
        aria-label={`Output of ${service}`}
        tabIndex={0}
        onScroll={onScroll}
      >
        {shown.length === 0 ? (
          <Nothing output={output} filtered={choice.text !== "" || choice.stream !== "all"} />
        ) : null}
        <div className={styles["sizer"]} style={{ height: virtualizer.getTotalSize() }}>
          <div
            style={{ transform: `translateY(${virtualizer.getVirtualItems()[0]?.start ?? 0}px)` }}
            className={styles["window"]}
          >
            {virtualizer.getVirtualItems().map(({ key, index }) => {
              const line = shown[index];
              return line === undefined ? null : (
                <div key={key} data-index={index} ref={wrap ? virtualizer.measureElement : undefined}>
                  <OutputLine line={line} mark={choice.text} raw={choice.raw} />
                </div>
              );
            })}
          </div>
        </div>
      </div>
      {follows ? null : (
        <Button size="s" look="primary" className={styles["down"]} onClick={() => onFollow(true)}>
          {fresh === 0 ? "To the end" : plural(fresh, "new line")} <ArrowDown aria-hidden="true" />
        </Button>
      )}
      {buffer.all.length >= MOST_LINES || output.skipped > 0 ? (
        <p className={styles["note"]}>
          {output.skipped > 0
            ? `${plural(output.skipped, "line")} left out here: they came too fast. They are kept on disk. `
            : ""}
          {buffer.all.length >= MOST_LINES ? "Only the last 20,000 lines are held here; older ones are on disk." : ""}
        </p>
      ) : null}
    </div>
  );
}

function Nothing({ output, filtered }: { output: ReturnType<typeof useOutput>; filtered: boolean }) {
  const { loading, failure, buffer } = output;
  if (loading) return null;
  if (failure !== null) return <Empty title="Cannot read the output">{failure}</Empty>;
  if (filtered && buffer.all.length > 0) return <Empty title={`0 of ${plural(buffer.all.length, "line")} match`} />;
  return <Empty title="Nothing was written yet">Lines appear here as the service writes them.</Empty>;
}
