// Links to one line of output: the address, the clipboard, and the words that say so.
import { useCallback, useRef } from "react";
import { useLocation } from "wouter";
import type { LogLine } from "../../../../contract/status.ts";
import { useApp } from "../../../app-context.ts";
import { paths } from "../../../paths.ts";
import { copyText } from "../../../ui/copy.ts";
import type { InstanceRef } from "../instance-ref.ts";

/** Goes to a line and copies its link. `showAll` takes filters away, so that the line stands among its neighbours. */
export function useLineLink(
  service: string,
  { index, server }: InstanceRef,
  showAll: () => void,
): (line: LogLine) => void {
  const { toasts } = useApp();
  const [, navigate] = useLocation();
  const all = useRef(showAll);
  all.current = showAll;
  return useCallback(
    ({ cursor }) => {
      const path = paths.outputLine(service, { index, server }, cursor);
      all.current();
      navigate(path, { replace: true });
      void copyText(new URL(path, location.href).href).then((copied) =>
        toasts.show(
          copied
            ? { kind: "done", title: "Copied a link to this line" }
            : { kind: "failed", title: "Cannot copy the link", detail: "It stands in the address of this page." },
        ),
      );
    },
    [service, index, server, navigate, toasts],
  );
}
