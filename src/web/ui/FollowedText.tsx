// A box of text that grows: its end stays in sight, until somebody scrolls up to read.
import { useLayoutEffect, useRef } from "react";

/** `label` names the region; it can be scrolled by keyboard. */
export function FollowedText({
  label,
  text,
  className,
}: {
  label: string;
  text: string;
  className?: string | undefined;
}) {
  const box = useRef<HTMLPreElement>(null);
  const follows = useRef(true);
  useLayoutEffect(() => {
    const node = box.current;
    if (node !== null && follows.current) node.scrollTop = node.scrollHeight;
  }, [text]);
  return (
    <pre
      ref={box}
      tabIndex={0}
      role="region"
      aria-label={label}
      className={className}
      onScroll={({ currentTarget: node }) => {
        // Who scrolled up reads; the end is followed again once it is in sight.
        follows.current = node.scrollTop + node.clientHeight >= node.scrollHeight - 4;
      }}
    >
      {text}
    </pre>
  );
}
