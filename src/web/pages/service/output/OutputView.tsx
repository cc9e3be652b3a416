// Live output: follows the newest line until somebody scrolls up, then counts what is new below.
import { useVirtualizer } from "@tanstack/react-virtual";
import ArrowDown from "lucide-react/icons/arrow-down";
import { useCallback, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from "react";
import type { LogLine, ServiceStatus } from "../../../../contract/status.ts";
import { usePreferences } from "../../../api/hooks.ts";
import { Button } from "../../../ui/Button.tsx";
import { cx } from "../../../ui/cx.ts";
import { Empty } from "../../../ui/Empty.tsx";
import { plural } from "../../../ui/format.ts";
import { choicesOf, pick } from "../instance-ref.ts";
import { MOST_LINES } from "./output-buffer.ts";
import { filterOf, type OutputChoice } from "./output-choice.ts";
import { OutputLine } from "./OutputLine.tsx";
import { OutputTools } from "./OutputTools.tsx";
import styles from "./OutputView.module.css";
import { useLineLink } from "./use-line-link.ts";
import { useOutput } from "./use-output.ts";

const LINE = 20;
/** Closer to the end than this is at the end. */
const AT_END = 24;
/** Older lines are asked for when the first one is this near. */
const NEAR_START = 400;
/** Milliseconds without a scroll event after which scrolling has come to rest; an animation has one in each frame. */
const AT_REST = 100;

interface OutputViewProps {
  status: ServiceStatus;
  /** A few lines without tools, for the summary. */
  compact?: boolean;
  /** Cursor of a line to show in the middle, marked. */
  at?: string | null;
  /** The instance whose output shows first. */
  instance?: { index: number; server: string | null };
}

const FIRST_INSTANCE = { index: 0, server: null };

export function OutputView({ status, compact = false, at = null, instance = FIRST_INSTANCE }: OutputViewProps) {
  const { name: service, state } = status;
  const [choice, setChoice] = useState<OutputChoice>({
    text: "",
    stream: "all",
    mode: "filter",
    instance: pick(status, instance),
    raw: false,
  });
  const following = useRef(at === null);
  const [follows, setFollows] = useState(at === null);
  const follow = useCallback((on: boolean) => {
    following.current = on;
    setFollows(on);
  }, []);
  const isFollowing = useCallback(() => following.current, []);
  const output = useOutput(service, choice.instance, isFollowing);
  const { buffer } = output;
  useEffect(() => {
    buffer.setFilter(filterOf(choice));
  }, [buffer, choice]);
  const inView = useRef<LogLine | undefined>(undefined);
  const { index } = choice.instance;
  const several = new Set(status.instances.map(({ server_id }) => server_id)).size > 1;
  const server = several ? choice.instance.server : undefined;
  const linkTo = useLineLink(service, { index, server }, () =>
    setChoice((now) => ({ ...now, text: "", stream: "all" })),
  );

  const shared = { service, choice, output, follows, onFollow: follow };
  return (
    <div className={cx(styles["view"], compact && styles["compact"])}>
      {compact ? null : (
        <OutputTools
          {...shared}
          choices={choicesOf(status)}
          onChoice={setChoice}
          onLink={() => inView.current !== undefined && linkTo(inView.current)}
        />
      )}
      <Lines {...shared} state={state} following={following} at={at} inView={inView} onLink={linkTo} />
    </div>
  );
}

interface LinesProps {
  at: string | null;
  /** Told the line marked, or the first in view. */
  inView: React.RefObject<LogLine | undefined>;
  onLink: (line: LogLine) => void;
  service: string;
  state: ServiceStatus["state"];
  choice: OutputChoice;
  output: ReturnType<typeof useOutput>;
  follows: boolean;
  following: React.RefObject<boolean>;
  onFollow: (on: boolean) => void;
}

function Lines({ service, state, choice, output, follows, following, onFollow, at, inView, onLink }: LinesProps) {
  const { wrap } = usePreferences();
  const { buffer, loadOlder, moreBefore, loading, reach } = output;
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

  const seen = useRef(shown.length);
  const inFront = useRef(buffer.prepended);
  const height = virtualizer.getTotalSize();
  // Following: whatever comes, the end stays in view. Else what was in view stays. Set on the box itself, because the virtualizer
  // goes on correcting for a while after it scrolled, against the hand that scrolls elsewhere.
  useLayoutEffect(() => {
    const node = box.current;
    const added = buffer.prepended - inFront.current;
    inFront.current = buffer.prepended;
    if (node === null) return;
    if (following.current) node.scrollTop = node.scrollHeight;
    else if (added > 0) {
      seen.current += added;
      node.scrollTop += added * LINE;
    }
  }, [version, height, follows, following, buffer]);

  // A line that the address names stands in the middle, with what was written around it.
  useEffect(() => {
    if (at === null || loading) return undefined;
    let frame = 0;
    const abort = new AbortController();
    onFollow(false);
    void reach(at).then(() => {
      if (abort.signal.aborted) return;
      // Once the lines that came are counted.
      frame = requestAnimationFrame(() => {
        const place = buffer.shown.findIndex(({ cursor }) => cursor >= at);
        if (place !== -1) virtualizer.scrollToIndex(place, { align: "center" });
      });
    });
    return () => {
      abort.abort();
      cancelAnimationFrame(frame);
    };
  }, [at, loading, reach, onFollow, virtualizer, buffer]);
  useEffect(() => {
    const drawn = virtualizer.getVirtualItems().flatMap(({ index, start, size }) => {
      const line = shown[index];
      return line !== undefined && start + size > (virtualizer.scrollOffset ?? 0) ? [line] : [];
    });
    inView.current = drawn.find(({ cursor }) => cursor === at) ?? drawn[0];
  });

  const rest = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(rest.current), []);

  if (follows) seen.current = buffer.dropped + shown.length;
  const fresh = follows ? 0 : Math.max(0, buffer.dropped + shown.length - seen.current);

  const onScroll = (): void => {
    const node = box.current;
    if (node === null) return;
    const atEnd = node.scrollHeight - node.scrollTop - node.clientHeight < AT_END;
    if (atEnd !== following.current && (atEnd || !virtualizer.isScrolling || node.scrollHeight > node.clientHeight))
      onFollow(atEnd);
    // Not before it rests: an animation would go on to the start of what was put in front, and ask for more from there.
    clearTimeout(rest.current);
    if (node.scrollTop < NEAR_START && moreBefore && !atEnd) rest.current = setTimeout(() => void loadOlder(), AT_REST);
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
          <Nothing state={state} output={output} filtered={choice.text !== "" || choice.stream !== "all"} />
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
                  <OutputLine
                    line={line}
                    mark={choice.text}
                    raw={choice.raw}
                    here={line.cursor === at}
                    onLink={onLink}
                  />
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
      {at !== null && !loading && buffer.first !== undefined && buffer.first.cursor > at && !moreBefore ? (
        <p className={styles["note"]}>The line of this link is not kept any more.</p>
      ) : null}
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

interface NothingProps {
  state: ServiceStatus["state"];
  output: ReturnType<typeof useOutput>;
  filtered: boolean;
}

function Nothing({ state, output, filtered }: NothingProps) {
  const { loading, failure, buffer } = output;
  if (loading) return null;
  if (failure !== null) return <Empty title="Cannot read the output">{failure}</Empty>;
  if (filtered && buffer.all.length > 0) return <Empty title={`0 of ${plural(buffer.all.length, "line")} match`} />;
  if (state === "external")
    return (
      <Empty title="Its output is not seen here">What something else started writes where that something said.</Empty>
    );
  return <Empty title="Nothing was written yet">Lines appear here as the service writes them.</Empty>;
}
