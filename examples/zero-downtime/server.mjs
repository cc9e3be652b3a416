// Answers on the socket that it is handed, or on PORT where it is run by hand. Asked to end, it answers whom it has accepted.
import { createServer } from "node:http";

const handed = process.env.LISTEN_PID === String(process.pid);
const place = handed ? { fd: 3 } : { host: "127.0.0.1", port: Number(process.env.PORT ?? 8084) };

createServer((request, response) => response.end(`hello from ${process.pid}\n`)).listen(place, function () {
  process.stdout.write("ready\n");
  process.on("SIGTERM", () => this.close());
});
