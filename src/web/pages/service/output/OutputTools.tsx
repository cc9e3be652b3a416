// What can be done with output: find, choose, follow, wrap, copy, download.
import Copy from "lucide-react/icons/copy";
import Download from "lucide-react/icons/download";
import Link from "lucide-react/icons/link";
import Follow from "lucide-react/icons/arrow-down-to-line";
import Wrap from "lucide-react/icons/wrap-text";
import { call } from "../../../api/client.ts";
import { usePreferences } from "../../../api/hooks.ts";
import { explain } from "../../../api/problems.ts";
import { useApp } from "../../../app-context.ts";
import { IconButton } from "../../../ui/Button.tsx";
import { copyText } from "../../../ui/copy.ts";
import { Select, TextInput } from "../../../ui/Field.tsx";
import { plural } from "../../../ui/format.ts";
import { queryOf, type InstanceChoice } from "../instance-ref.ts";
import { InstanceSelect } from "../InstanceSelect.tsx";
import { filtered, stripAnsi, type StreamChoice } from "./output-buffer.ts";
import styles from "./OutputTools.module.css";
import { filterOf, type OutputChoice } from "./output-choice.ts";
import type { Output } from "./use-output.ts";

interface OutputToolsProps {
  service: string;
  choices: readonly InstanceChoice[];
  choice: OutputChoice;
  onChoice: (choice: OutputChoice) => void;
  output: Output;
  follows: boolean;
  onFollow: (on: boolean) => void;
  /** Copies a link to the line marked, or to the first in view. */
  onLink: () => void;
}

const STREAMS: readonly { value: StreamChoice; label: string }[] = [
  { value: "all", label: "All output" },
  { value: "stdout", label: "stdout" },
  { value: "stderr", label: "stderr" },
];
const MODES: readonly { value: OutputChoice["mode"]; label: string }[] = [
  { value: "filter", label: "Only these" },
  { value: "mark", label: "Mark them" },
];

export function OutputTools({
  service,
  choices,
  choice,
  onChoice,
  output,
  follows,
  onFollow,
  onLink,
}: OutputToolsProps) {
  const { preferences } = useApp();
  const { wrap } = usePreferences();
  const change = (part: Partial<OutputChoice>): void => onChoice({ ...choice, ...part });
  return (
    <div className={styles["tools"]} role="toolbar" aria-label="Output">
      <TextInput
        type="search"
        aria-label="Find in the output"
        placeholder="Find…"
        value={choice.text}
        className={styles["find"]}
        onChange={(event) => change({ text: event.target.value })}
      />
      <Select
        quiet
        aria-label="What to do with found lines"
        value={choice.mode}
        options={MODES}
        onChange={(mode) => change({ mode })}
      />
      <Select
        quiet
        aria-label="Stream"
        value={choice.stream}
        options={STREAMS}
        onChange={(stream) => change({ stream })}
      />
      {choices.length > 1 ? (
        <InstanceSelect choices={choices} instance={choice.instance} onInstance={(instance) => change({ instance })} />
      ) : null}
      <span className={styles["buttons"]}>
        <button
          type="button"
          className={styles["raw"]}
          aria-pressed={choice.raw}
          onClick={() => change({ raw: !choice.raw })}
          title="Show lines as written, also JSON"
        >
          raw
        </button>
        <IconButton label="Wrap long lines" aria-pressed={wrap} onClick={() => preferences.set({ wrap: !wrap })}>
          <Wrap />
        </IconButton>
        <IconButton label="Follow the newest line" aria-pressed={follows} onClick={() => onFollow(!follows)}>
          <Follow />
        </IconButton>
        <Take service={service} choice={choice} output={output} onLink={onLink} />
      </span>
    </div>
  );
}

const DOWNLOAD_LINES = 10_000;

function Take({ service, choice, output, onLink }: Pick<OutputToolsProps, "service" | "choice" | "output" | "onLink">) {
  const { instance, stream } = choice;
  const filter = filterOf(choice);
  const { toasts } = useApp();
  const copy = async (): Promise<void> => {
    const { shown } = output.buffer;
    const copied = await copyText(shown.map((line) => stripAnsi(line.text)).join("\n"));
    toasts.show(
      copied
        ? { kind: "done", title: `Copied ${plural(shown.length, "line")}` }
        : { kind: "failed", title: "Cannot copy", detail: "The browser does not give access to its clipboard." },
    );
  };
  const download = async (): Promise<void> => {
    try {
      const page = await call("GET /api/services/{name}/logs", {
        params: { name: service },
        query: { ...queryOf(instance), limit: DOWNLOAD_LINES, ...(stream !== "all" && { stream }) },
      });
      const text = filtered(page.lines, filter)
        .map((line) => `${new Date(line.ts).toISOString()} ${line.stream} ${stripAnsi(line.text)}\n`)
        .join("");
      const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
      const link = document.createElement("a");
      link.href = url;
      link.download = `${service}.log`;
      link.click();
      URL.revokeObjectURL(url);
    } catch (error) {
      toasts.show({ kind: "failed", title: "Cannot download the output", detail: explain(error).detail });
    }
  };
  return (
    <>
      <IconButton label="Copy a link to this place" onClick={onLink}>
        <Link />
      </IconButton>
      <IconButton label="Copy the lines shown" onClick={() => void copy()}>
        <Copy />
      </IconButton>
      <IconButton
        label={
          filter.text === "" ? "Download the last 10,000 lines" : "Download those of the last 10,000 lines that match"
        }
        onClick={() => void download()}
      >
        <Download />
      </IconButton>
    </>
  );
}
