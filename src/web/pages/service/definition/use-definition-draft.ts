// A definition while it is changed: as the text of its fields or as JSON, one turned into the other on the way.
import { useMemo, useState } from "react";
import type { SpecProblem } from "../../../../contract/agent.ts";
import type { ServiceSpec } from "../../../../contract/service.ts";
import type { EditedCheck } from "./checks/check-fields.ts";
import { definitionOf, draftOf, type Draft } from "./fields.ts";
import { readJson, type JsonText } from "./json-text.ts";

export type Definition = Record<string, unknown>;

export interface DefinitionDraft {
  /** What would be saved; null while the JSON cannot be read. */
  definition: Definition | null;
  changed: boolean;
  /** What can be seen to be wrong without asking. */
  problems: SpecProblem[];
  /** The text of the fields, by path. */
  draft: Draft;
  setField: (path: string, text: string) => void;
  /** Replaces what is no single field. */
  setList: (key: "checks" | "depends_on" | "sockets", value: unknown) => void;
  /** The JSON while that is edited, else null. */
  json: { text: string; read: JsonText } | null;
  setText: (text: string) => void;
  toJson: () => void;
  toFields: () => void;
  /** Why the fields cannot be shown now, or null. */
  stuck: string | null;
}

/** The definition that fields are read from, and their text as it was then and is now. */
interface Fields {
  base: Definition;
  start: Draft;
  draft: Draft;
}

const fieldsOf = (base: Definition): Fields => {
  const start = draftOf(base);
  return { base, start, draft: start };
};

export function useDefinitionDraft(spec: ServiceSpec, onChange: () => void): DefinitionDraft {
  const [saved] = useState<Definition>(spec);
  const [fields, setFields] = useState(() => fieldsOf(saved));
  const [text, setText] = useState<string | null>(null);
  const read = useMemo(() => (text === null ? null : readJson(text)), [text]);
  const value = read?.outcome === "read" ? read.value : null;
  const definition = useMemo(
    () => (read === null ? definitionOf(fields.base, fields.draft, fields.start) : isObject(value) ? value : null),
    [read, value, fields],
  );
  const problems = useMemo<SpecProblem[]>(
    () =>
      read?.outcome === "read" && !isObject(read.value)
        ? [{ path: "", message: "a definition is an object: { … }", severity: "error" }]
        : [],
    [read],
  );
  return {
    definition,
    changed: JSON.stringify(definition) !== JSON.stringify(saved),
    problems,
    draft: fields.draft,
    setField: (path, typed) => {
      setFields((before) => ({ ...before, draft: { ...before.draft, [path]: typed } }));
      onChange();
    },
    setList: (key, value) => {
      setFields((before) => ({ ...before, base: { ...before.base, [key]: value } }));
      onChange();
    },
    json: read === null || text === null ? null : { text, read },
    setText: (typed) => {
      setText(typed);
      onChange();
    },
    toJson: () => setText((now) => now ?? JSON.stringify(definition, null, 2)),
    toFields: () => {
      if (text === null || definition === null) return;
      setFields(fieldsOf(definition));
      setText(null);
    },
    stuck: definition === null ? "the JSON cannot be read: mend it first" : null,
  };
}

/** What stands there may be anybody's JSON. */
export function checksOf(definition: Definition | null): EditedCheck[] {
  const checks = definition?.["checks"];
  return Array.isArray(checks) ? checks.filter((check) => isObject(check)) : [];
}

function isObject(value: unknown): value is Definition {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
