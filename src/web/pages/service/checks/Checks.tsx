// The health checks of a service: how each is and why, its last results, and the hundred before as a bar.
import { useQuery } from "@tanstack/react-query";
import { SECOND } from "../../../../base/units.ts";
import type { RouteResult } from "../../../../contract/routes.ts";
import type { InstanceState, ServiceStatus } from "../../../../contract/status.ts";
import { call } from "../../../api/client.ts";
import { useLink } from "../../../api/hooks.ts";
import { explain } from "../../../api/problems.ts";
import { useApp } from "../../../app-context.ts";
import { cx } from "../../../ui/cx.ts";
import { Loading } from "../../../ui/Empty.tsx";
import { Notice } from "../../../ui/Notice.tsx";
import { Panel, Section } from "../../../ui/Panel.tsx";
import { StateMark, type Tone } from "../../../ui/StateMark.tsx";
import { Tag } from "../../../ui/Tag.tsx";
import { useTicking } from "../../../ui/ticker.ts";
import { Ago, Since } from "../../../ui/Time.tsx";
import { barWords, formatTook, stretchesOf } from "./check-words.ts";
import styles from "./Checks.module.css";
import { HistoryBar } from "./HistoryBar.tsx";

type Check = RouteResult<"GET /api/services/{name}/checks">["checks"][number];

/** Results are not pushed: they are asked for this often while somebody looks. */
const ASK_EVERY = 3 * SECOND;

const LOOK: Record<Check["state"], { shape: InstanceState; tone: Tone }> = {
  passing: { shape: "running", tone: "ok" },
  failing: { shape: "unhealthy", tone: "bad" },
  waiting: { shape: "waiting", tone: "wait" },
};

export function Checks({ status }: { status: ServiceStatus }) {
  const { name } = status;
  const live = useLink().phase !== "lost";
  // A change of state is told at once; then there is a new result to see.
  const states = status.instances.flatMap(({ checks }) => checks.map(({ state, since }) => `${state} ${since}`)).join();
  const query = useQuery({
    queryKey: ["checks", name, states],
    queryFn: ({ signal }) => call("GET /api/services/{name}/checks", { params: { name }, signal }),
    refetchInterval: live ? ASK_EVERY : false,
    placeholderData: (before) => before,
  });
  const failing = status.instances.flatMap(({ checks }) => checks).filter(({ state }) => state === "failing").length;
  return (
    <Section title="Checks" note={failing === 0 ? undefined : `${failing} failing`}>
      {query.isPending ? (
        <Loading lines={3} label="Loading checks" />
      ) : query.isError ? (
        <Notice tone="warn">Cannot read the checks: {explain(query.error).detail}</Notice>
      ) : (
        <Panel>
          <ul className={styles["list"]}>
            {query.data.checks.map((check) => (
              <OneCheck
                key={`${check.server_id} ${check.index} ${check.name}`}
                check={check}
                place={placeOf(check, status)}
              />
            ))}
          </ul>
          {query.data.unheard.length === 0 ? null : (
            <p className={styles["faint"]}>Not told by: {query.data.unheard.join(", ")}.</p>
          )}
        </Panel>
      )}
    </Section>
  );
}

/** Which instance, where there are several. */
function placeOf({ server, index }: Check, { instances }: ServiceStatus): string {
  const servers = new Set(instances.map(({ server_id }) => server_id)).size;
  const numbered = instances.some((one) => one.index > 0);
  return [servers > 1 && server, numbered && `#${index}`].filter(Boolean).join(" ");
}

function OneCheck({ check, place }: { check: Check; place: string }) {
  const { store } = useApp();
  const { name, kind, role, state, reason, since, results, interval } = check;
  const { shape, tone } = LOOK[state];
  const words = useTicking((now) => barWords(results, now + store.clockSkew));
  const last = results.at(-1);
  return (
    <li className={styles["check"]} data-check={name}>
      <p className={styles["head"]}>
        <StateMark state={shape} word={state} tone={tone} />
        <b>{name}</b>
        {place === "" ? null : <Tag>{place}</Tag>}
        <span className={styles["faint"]}>
          {role} · {kind} every {interval} s · <Since at={since} />
        </span>
      </p>
      {reason === null ? null : (
        <p className={cx(styles["reason"], state === "failing" && styles["fails"])}>{reason}</p>
      )}
      <HistoryBar results={results} words={words} />
      <p className={styles["faint"]}>
        {last === undefined ? (
          state === "waiting" ? (
            words
          ) : (
            "Not looked at since its agent came up."
          )
        ) : (
          <>
            {last.ok ? "Passed" : "Failed"} <Ago at={last.at} /> in {formatTook(last.took)}
            {last.message === null || last.message === reason ? null : `: ${last.message}`}
          </>
        )}
      </p>
      {results.length === 0 ? null : <Table results={results} name={name} />}
    </li>
  );
}

/** The same as the bar, in words. */
function Table({ results, name }: { results: Check["results"]; name: string }) {
  return (
    <details className={styles["details"]}>
      <summary>Last results of {name}</summary>
      <div className={styles["scroll"]} role="region" aria-label={`Last results of ${name}`} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Result</th>
              <th scope="col">Looks</th>
              <th scope="col">Took</th>
            </tr>
          </thead>
          <tbody>
            {stretchesOf(results).map((stretch) => (
              <tr key={stretch.from}>
                <td>
                  <Ago at={stretch.to} />
                </td>
                <td>
                  {stretch.ok ? "passed" : "failed"}
                  {stretch.message === null ? "" : `: ${stretch.message}`}
                </td>
                <td>{stretch.count}</td>
                <td>{formatTook(stretch.took)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
