// Whether one service is selected; renders for that service only.
import { useSyncExternalStore } from "react";
import type { Selection } from "./selection.ts";

export function useSelected(selection: Selection, name: string): boolean {
  return useSyncExternalStore(selection.signal(name).subscribe, () => selection.has(name));
}
