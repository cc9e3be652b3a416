// Makes the probe for a check of an instance.
import { isAbsolute, join } from "node:path";
import type { Check } from "../../../contract/checks.ts";
import { openExecProbe } from "./exec.ts";
import { judgeCalls, shownOfCalls } from "../beat/calls.ts";
import { judgeSaid, shownOfSaid } from "../notify/said.ts";
import { openHeardProbe } from "./heard.ts";
import { openHeartbeatProbe } from "./heartbeat.ts";
import { openHttpProbe } from "./http.ts";
import { openLogProbe } from "./log.ts";
import type { Probe, Subject } from "./probe.ts";
import { openTcpProbe } from "./tcp.ts";

export interface ProbeOptions {
  /** Of the definition that the check belongs to. */
  ports: readonly number[];
  subject: Subject;
  /** It passed already in this generation. */
  passed: boolean;
  /** Told when a look would find otherwise than the one before, where the probe knows without looking. */
  turned: () => void;
}

export function openProbe(check: Check, { ports, subject, passed, turned }: ProbeOptions): Probe {
  const resolvePath = (path: string): string => {
    if (isAbsolute(path)) return path;
    const launch = subject.launch();
    return join(launch.ok ? launch.directory : "/", path);
  };
  switch (check.kind) {
    case "http":
      return openHttpProbe(check, ports, resolvePath);
    case "tcp":
      return openTcpProbe(check, ports);
    case "exec":
      return openExecProbe(check, subject);
    case "log":
      return openLogProbe(check, subject, passed && check.expect === "present", turned);
    case "heartbeat":
      return check.file === null
        ? openHeardProbe({ ear: subject.beats, judge: (calls) => judgeCalls(check, calls), turned })
        : openHeartbeatProbe({ ...check, file: check.file }, subject, resolvePath);
    case "notify":
    default:
      return openHeardProbe({ ear: subject.notify, judge: (hearing) => judgeSaid(check, hearing), turned });
  }
}

/** What is shown of a check that does not fail. */
export function shownOf(check: Check, { notify, beats }: Subject): string | null {
  if (check.kind === "notify") return shownOfSaid(check, notify.hearing());
  return check.kind === "heartbeat" && check.url ? shownOfCalls(beats.hearing()) : null;
}
