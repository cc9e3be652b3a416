// Answers every request with "ok" on a port that it says: what checks ask, in a process of its own.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const server = createServer((_, response) => response.end("ok"));
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));
