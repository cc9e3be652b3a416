// Looks whether a port takes connections: each look is a connection of its own, ended in order.
import { connect, type Socket } from "node:net";
import type { TcpCheck } from "../../../contract/checks.ts";
import { forbiddenWords, guardedLookup } from "../addresses.ts";
import { connectionWords, failure, isRefused, LOOPBACK, type Probe, unlessShort, WELL } from "./probe.ts";

export function openTcpProbe(check: TcpCheck, ports: readonly number[]): Probe {
  const port = check.port ?? ports[0] ?? 0;
  const hosts = check.host === null ? LOOPBACK : [check.host];
  const where = check.host === null ? `port ${port}` : `${check.host}:${port}`;
  return {
    look(done) {
      let socket: Socket | undefined;
      const attempt = (at: number): void => {
        const host = hosts[at] ?? "";
        const refusal = forbiddenWords(host);
        if (refusal !== undefined) return queueMicrotask(() => done(failure(refusal)));
        const tried = connect({ host, port, lookup: guardedLookup });
        socket = tried;
        tried.once("connect", () => {
          // An orderly end: programs take that for a caller who changed their mind, while a reset makes some log an error.
          tried.destroy();
          done(WELL);
        });
        tried.on("error", (error) => {
          if (socket !== tried) return;
          socket = undefined;
          if (isRefused(error) && at + 1 < hosts.length) attempt(at + 1);
          else done(unlessShort(error, () => connectionWords(error, where)));
        });
      };
      attempt(0);
      return () => {
        const cut = socket;
        socket = undefined;
        cut?.destroy();
      };
    },
  };
}
