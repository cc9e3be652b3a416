// Ports and keywords: how the service is found, with the matches of the keywords shown while they are typed.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { call } from "../../api/client.ts";
import { plural } from "../../ui/format.ts";
import { Columns, Fields } from "../../ui/FormLayout.tsx";
import { ErrorNotice, Notice } from "../../ui/Notice.tsx";
import { useDebounced } from "../../ui/use-debounced.ts";
import styles from "./AddService.module.css";
import { DraftField, type FormProps } from "./fields.tsx";

const SHORTEST_KEYWORD = 3;

export function RecogniseStep({ form }: { form: FormProps }) {
  return (
    <Fields>
      <Columns count={2}>
        <DraftField
          form={form}
          name="ports"
          label="Ports"
          note="optional"
          inputMode="numeric"
          placeholder="8000, 8001"
          help="What it listens on; shown green when they answer"
        />
        <DraftField form={form} name="description" label="Description" note="optional" />
      </Columns>
      <DraftField
        form={form}
        name="keywords"
        path="match_keywords"
        label="Keywords"
        note="optional"
        rows={2}
        mono
        placeholder={"uvicorn\nmain:app"}
        help="One a line, 3 letters or more. A process whose command line holds all of them, in any case, is this service when something else started it"
      />
      <Matches keywords={form.draft.keywords} />
      <Columns count={2}>
        <DraftField
          form={form}
          name="api_url"
          label="API address"
          note="optional"
          placeholder="http://localhost:8000"
        />
        <DraftField
          form={form}
          name="tailscale_url"
          label="Tailscale address"
          note="optional"
          placeholder="https://api.example.ts.net"
        />
      </Columns>
    </Fields>
  );
}

function Matches({ keywords: text }: { keywords: string }) {
  const settled = useDebounced(text);
  const keywords = settled
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const usable = keywords.length > 0 && keywords.every((keyword) => keyword.length >= SHORTEST_KEYWORD);
  const matches = useQuery({
    queryKey: ["matches", keywords],
    queryFn: ({ signal }) => call("GET /api/processes", { query: { keyword: keywords }, signal }),
    enabled: usable,
    placeholderData: keepPreviousData,
    retry: false,
  });
  if (!usable) return null;
  if (matches.isError) return <ErrorNotice error={matches.error} />;
  if (matches.data === undefined) return null;
  const { processes, total } = matches.data;
  return (
    <Notice tone={total > 0 ? "ok" : "info"}>
      <strong>
        {total === 0
          ? "No running process matches"
          : `${plural(total, "running process", "running processes")} ${total === 1 ? "matches" : "match"}`}
      </strong>
      <ul className={styles["matches"]}>
        {processes.map((process) => (
          <li key={process.pid}>
            <span>pid {process.pid}</span>
            <code title={process.command}>{process.command}</code>
            {process.refused === null ? null : <em>{process.refused}</em>}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
