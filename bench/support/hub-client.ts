// A plain HTTP client on the hub's unix socket, with kept connections, so that what is measured is the hub.
import { Agent, request } from "node:http";

/** Calls to one hub by its socket; its user is admin there. */
export class HubClient {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly socketPath: string;

  constructor(socketPath: string) {
    this.socketPath = socketPath;
  }

  /** The answer as text; rejects unless the status is 2xx. */
  async text(method: string, path: string, body?: unknown): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const headers = { host: "localhost", ...(body !== undefined && { "content-type": "application/json" }) };
    const sent = request({ socketPath: this.socketPath, agent: this.#agent, method, path, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => (text += part));
      response.on("error", reject);
      response.on("end", () => {
        const status = response.statusCode ?? 0;
        if (status >= 200 && status < 300) resolve(text);
        else reject(new Error(`${method} ${path} was answered ${status}: ${text.slice(0, 500)}`));
      });
    });
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    return await promise;
  }

  /** The answer read as JSON. */
  async json<T>(method: string, path: string, body?: unknown): Promise<T> {
    return JSON.parse(await this.text(method, path, body)) as T;
  }

  close(): void {
    this.#agent.destroy();
  }
}
