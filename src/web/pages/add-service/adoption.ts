// Carries what was read from a process to the form that shows it: in the page's memory only, since it may hold secrets of
// that process, and an address or the browser's history would keep them.
import type { QueryClient } from "@tanstack/react-query";
import type { Adoption } from "../../../contract/agent.ts";

const KEY = ["adoption"];

/** Keeps an adoption for the next form. */
export function rememberAdoption(queries: QueryClient, adoption: Adoption): void {
  queries.setQueryData(KEY, adoption);
}

/** The adoption that leads to the form, if one does. */
export function carriedAdoption(queries: QueryClient): Adoption | null {
  return queries.getQueryData<Adoption>(KEY) ?? null;
}

/** Forgets it, once the form has been saved or left. */
export function forgetAdoption(queries: QueryClient): void {
  queries.removeQueries({ queryKey: KEY });
}
