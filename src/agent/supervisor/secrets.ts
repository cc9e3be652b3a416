// The values that a definition wants kept out of its output.
import type { ServiceSpec } from "../../contract/service.ts";
import { SHORTEST_SECRET } from "../spool/redact.ts";

/** Values to hide, and which names of `secrets` hide nothing: by their place in the list, with the reason. */
export interface Secrets {
  values: string[];
  problems: { index: number; words: string }[];
}

/** Looks the names up in the environment that the service is started with. */
export function readSecrets({ secrets }: Pick<ServiceSpec, "secrets">, env: Readonly<Record<string, string>>): Secrets {
  const values: string[] = [];
  const problems: Secrets["problems"] = [];
  for (const [index, name] of secrets.entries()) {
    const value = env[name];
    if (value === undefined) {
      problems.push({ index, words: `secret ${name} is not hidden in output: there is no such variable` });
    } else if (value.length < SHORTEST_SECRET) {
      const words = `secret ${name} is not hidden in output: its value has fewer than ${SHORTEST_SECRET} characters`;
      problems.push({ index, words });
    } else values.push(value);
  }
  return { values, problems };
}
