// Tries whether a port of this machine takes connections on loopback.
import { connect } from "node:net";

/** True when 127.0.0.1 or else ::1 accepts a connection within `budget` milliseconds in all; the connection is closed at once. */
export async function isAccessible(port: number, budget = 200): Promise<boolean> {
  const started = performance.now();
  if (await accepts(port, "127.0.0.1", budget)) return true;
  const left = budget - (performance.now() - started);
  return left > 0 && accepts(port, "::1", left);
}

function accepts(port: number, host: string, timeout: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ port, host });
  const settle = (accepted: boolean) => {
    clearTimeout(timer);
    // An orderly end: programs take that for a caller who changed their mind, while a reset makes some log an error.
    socket.destroy();
    resolve(accepted);
  };
  const timer = setTimeout(() => settle(false), timeout);
  socket.once("connect", () => settle(true));
  socket.on("error", () => settle(false));
  return promise;
}
