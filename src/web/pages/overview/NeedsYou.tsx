// What needs a person stands first, as sentences with the buttons that end them. When nothing is wrong this is one quiet line.
import CircleCheck from "lucide-react/icons/circle-check";
import { useState } from "react";
import { useLocation, Link } from "wouter";
import { useActing, useBlocked } from "../../api/hooks.ts";
import { useApp } from "../../app-context.ts";
import { paths } from "../../paths.ts";
import { Button } from "../../ui/Button.tsx";
import { cx } from "../../ui/cx.ts";
import { plural } from "../../ui/format.ts";
import { Section } from "../../ui/Panel.tsx";
import { StateMark } from "../../ui/StateMark.tsx";
import { Ago, Due } from "../../ui/Time.tsx";
import styles from "./NeedsYou.module.css";
import type { Piece, Problem, Remedy } from "./problems.ts";

const SHOWN_AT_FIRST = 6;

export function NeedsYou({ problems }: { problems: Problem[] }) {
  const [all, setAll] = useState(false);
  if (problems.length === 0) {
    return (
      <p className={styles["quiet"]} role="status">
        <CircleCheck aria-hidden="true" /> Nothing needs you.
      </p>
    );
  }
  const shown = all ? problems : problems.slice(0, SHOWN_AT_FIRST);
  return (
    <Section title="Needs you" note={plural(problems.length, "problem")}>
      <ul className={styles["list"]}>
        {shown.map((problem) => (
          <Card key={problem.key} problem={problem} />
        ))}
      </ul>
      {problems.length > SHOWN_AT_FIRST ? (
        <Button look="plain" size="s" onClick={() => setAll(!all)} aria-expanded={all}>
          {all ? "Show fewer" : `Show ${problems.length - SHOWN_AT_FIRST} more`}
        </Button>
      ) : null}
    </Section>
  );
}

function Card({ problem }: { problem: Problem }) {
  return (
    <li className={cx(styles["card"], problem.tone === "warn" && styles["warn"])}>
      <div className={styles["head"]}>
        <StateMark state={problem.mark} word={problem.word} tone={problem.tone} />
        <Link href={addressOf(problem)} className={styles["name"]}>
          {problem.service ?? problem.server}
        </Link>
      </div>
      <p className={styles["sentence"]}>
        {problem.sentence.map((piece, index) => (
          <Words key={index} piece={piece} />
        ))}
      </p>
      <div className={styles["buttons"]}>
        {problem.remedies.map(({ remedy, label }, index) => (
          <RemedyButton
            key={remedy}
            problem={problem}
            remedy={remedy}
            label={label}
            primary={index === 0 && problem.tone === "bad"}
          />
        ))}
      </div>
    </li>
  );
}

/** The page of what it is about. */
function addressOf({ service, server }: Problem): string {
  return service === null ? paths.server(server ?? "") : paths.service(service);
}

function Words({ piece }: { piece: Piece }) {
  if (typeof piece === "string") return piece;
  if ("name" in piece) return <Link href={paths.service(piece.name)}>{piece.name}</Link>;
  if ("quote" in piece) return <code>{piece.quote}</code>;
  if ("due" in piece) return <Due at={piece.due} />;
  return <Ago at={piece.time} />;
}

function RemedyButton({
  problem,
  remedy,
  label,
  primary,
}: {
  problem: Problem;
  remedy: Remedy;
  label: string;
  primary: boolean;
}) {
  const { acts } = useApp();
  const blocked = useBlocked("operate");
  const service = problem.service ?? "";
  const acting = useActing(service);
  const [, navigate] = useLocation();
  if (remedy === "server" || remedy === "server-events") {
    const name = problem.server ?? "";
    return (
      <Button
        size="s"
        aria-label={`${label}: ${name}`}
        onClick={() => navigate(paths.server(name, remedy === "server" ? "charts" : "events"))}
      >
        {label}
      </Button>
    );
  }
  if (remedy === "output" || remedy === "definition" || remedy === "history") {
    return (
      <Button
        size="s"
        look={primary ? "primary" : "quiet"}
        aria-label={`${label}: ${service}`}
        onClick={() => navigate(paths.service(service, remedy))}
      >
        {label}
      </Button>
    );
  }
  return (
    <Button
      size="s"
      look={primary ? "primary" : "quiet"}
      aria-label={`${label}: ${service}`}
      blocked={blocked ?? (acting === undefined ? null : "one moment, it is being done")}
      onClick={() => void acts.one(service, remedy)}
    >
      {label}
    </Button>
  );
}
