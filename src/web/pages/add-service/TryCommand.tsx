// Runs the command for a few seconds, under its user, directory and environment, and shows what came out.
import { useMutation } from "@tanstack/react-query";
import type { TryResult } from "../../../contract/agent.ts";
import { call } from "../../api/client.ts";
import { Button } from "../../ui/Button.tsx";
import { ErrorNotice, Notice } from "../../ui/Notice.tsx";
import styles from "./AddService.module.css";
import type { FormProps } from "./fields.tsx";

const SECONDS = 3;

export function TryCommand({ form, blocked }: { form: FormProps; blocked: string | null }) {
  const { draft, check } = form;
  const attempt = useMutation({
    mutationFn: () =>
      call("POST /api/services/try", {
        body: { spec: { ...check.definition, name: draft.name.trim() || "try" }, seconds: SECONDS },
      }),
  });
  const reason =
    blocked ?? (draft.command.trim() === "" ? "there is no command yet" : attempt.isPending ? "it runs" : null);
  return (
    <div className={styles["try"]}>
      <div className={styles["row"]}>
        <Button blocked={reason} onClick={() => attempt.mutate()}>
          {attempt.isPending ? `Running for ${SECONDS} s…` : "Try the command"}
        </Button>
        <span className={styles["quiet"]}>Runs it for {SECONDS} seconds on this machine and ends it.</span>
      </div>
      {attempt.isError ? <ErrorNotice error={attempt.error} /> : null}
      {attempt.data === undefined ? null : <Outcome result={attempt.data} />}
    </div>
  );
}

function Outcome({ result }: { result: TryResult }) {
  const { still_running, exit_code, signal, duration_ms, output } = result;
  const after = `after ${(duration_ms / 1000).toFixed(1)} s`;
  const good = still_running || exit_code === 0;
  const words = still_running
    ? "It was still running when it was ended: good for a service."
    : signal !== null
      ? `It ended by ${signal} ${after}.`
      : exit_code === 0
        ? `It ended with code 0 ${after}. A service that should stay needs to keep running.`
        : `It ended with code ${exit_code ?? "unknown"} ${after}.`;
  return (
    <Notice tone={good ? "ok" : "warn"}>
      <strong>{words}</strong>
      {output.length === 0 ? (
        <span>It wrote nothing.</span>
      ) : (
        <pre className={styles["output"]} role="region" aria-label="Output of the try" tabIndex={0}>
          {output.join("\n")}
        </pre>
      )}
    </Notice>
  );
}
