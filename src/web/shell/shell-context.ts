// How pages open what belongs to the frame: the palette and the sheet of keys.
import { createContext, use } from "react";

export type ShellPanel = "palette" | "keyboard";

export const ShellContextValue = createContext<(panel: ShellPanel) => void>(() => undefined);

/** Opens a panel of the frame. */
export function useOpenPanel(): (panel: ShellPanel) => void {
  return use(ShellContextValue);
}
