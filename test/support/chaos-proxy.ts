// A bad network between agents and a hub: a TCP proxy that can delay, stall, cut and truncate. (What is lost or reordered below TCP
// shows to programs as delays and stalls.)
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";

/** A proxy in front of one port. */
export interface ChaosProxy extends AsyncDisposable {
  /** "http://127.0.0.1:PORT" */
  url: string;
  /** Milliseconds that each piece waits, at random up to this; pieces keep their order. */
  delay: number;
  /** Ends all connections at once, and refuses new ones until `heal`. */
  cut(): void;
  /** Holds back everything, without a word, until `heal`: connections look alive. */
  stall(): void;
  /** Ends all connections after half of the next piece: a message breaks off in the middle. */
  truncate(): void;
  heal(): void;
  /** Connections that are open. */
  readonly open: number;
}

/** Starts one in front of a hub's address. */
export async function startChaosProxy(target: string): Promise<ChaosProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let mode: "well" | "cut" | "stalled" | "truncate" = "well";
  let held: (() => void)[] = [];
  const endAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const carry = (from: Socket, to: Socket): void => {
    let order = Promise.resolve();
    from.on("data", (piece) => {
      const pass = async (): Promise<void> => {
        if (proxy.delay > 0) await new Promise((resolve) => setTimeout(resolve, Math.random() * proxy.delay));
        if (mode === "stalled") await new Promise<void>((resolve) => held.push(resolve));
        if (mode === "truncate") {
          mode = "well";
          to.write(piece.subarray(0, Math.floor(piece.length / 2)), endAll);
        } else if (!to.destroyed) to.write(piece);
      };
      order = order.then(pass);
    });
    from.on("error", () => to.destroy());
    from.on("close", () => {
      sockets.delete(from);
      to.destroy();
    });
  };
  const server = createServer((near) => {
    if (mode === "cut") {
      near.destroy();
      return;
    }
    const far = connect({ host: hostname, port: Number(port) });
    for (const socket of [near, far]) sockets.add(socket.setNoDelay());
    carry(near, far);
    carry(far, near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy: ChaosProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    delay: 0,
    cut() {
      mode = "cut";
      endAll();
    },
    stall() {
      mode = "stalled";
    },
    truncate() {
      mode = "truncate";
    },
    heal() {
      mode = "well";
      for (const release of held) release();
      held = [];
    },
    get open() {
      return sockets.size;
    },
    async [Symbol.asyncDispose]() {
      proxy.heal();
      endAll();
      server.close();
      await once(server, "close");
    },
  };
  return proxy;
}
