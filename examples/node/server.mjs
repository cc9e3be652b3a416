// Counts its visitors, writes structured lines, and ends well when it is asked to.
import { createServer } from "node:http";

let visits = 0;
const server = createServer((request, response) => {
  visits++;
  process.stdout.write(`${JSON.stringify({ level: "info", message: "visit", path: request.url, visits })}\n`);
  response.end(`Hello, visitor ${visits}\n`);
});

const port = Number(process.env.PORT ?? 8081);
server.listen(port, "127.0.0.1", () => process.stdout.write(`Listening on 127.0.0.1:${port}\n`));

process.on("SIGTERM", () => {
  process.stdout.write("Asked to end; finishing what is under way\n");
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
