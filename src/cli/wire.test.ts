import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createNetServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { test } from "node:test";
import { requestOverSocket, type WireRequest, type WireResponse } from "./wire.ts";

const GET: WireRequest = { method: "GET", path: "/x?y=1", headers: {} };

/** A real HTTP server on a unix socket. */
async function serve(listener: RequestListener): Promise<AsyncDisposable & { path: string }> {
  const directory = mkdtempSync(join(tmpdir(), "tailherd-wire-"));
  const path = join(directory, "s");
  const server = createServer(listener).listen(path);
  await once(server, "listening");
  return {
    path,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(directory, { recursive: true });
    },
  };
}

async function textOf(response: WireResponse): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test("a body goes there and back, with status and headers", async () => {
  await using server = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      response.writeHead(201, { etag: '"7"' });
      response.end(
        `${request.method} ${request.url} ${request.headers["content-type"]} ${Buffer.concat(chunks).toString()}`,
      );
    });
  });
  const body = Buffer.from("grüße");
  const response = await requestOverSocket(server.path, {
    ...GET,
    method: "PUT",
    body,
    headers: { "content-type": "a/b" },
  });
  assert.equal(response.status, 201);
  assert.equal(response.headers.etag, '"7"');
  assert.equal(await textOf(response), "PUT /x?y=1 a/b grüße");
});

test("a chunked body of megabytes arrives whole", async () => {
  const part = "0123456789abcdef".repeat(1000);
  await using server = await serve((_, response) => {
    for (let count = 0; count < 200; count++) response.write(part);
    response.end();
  });
  const response = await requestOverSocket(server.path, GET);
  assert.equal(response.headers["transfer-encoding"], "chunked");
  assert.equal(await textOf(response), part.repeat(200));
});

test("interim answers are passed over and an empty one ends", async () => {
  await using server = await serve((_, response) => {
    response.writeContinue();
    response.writeEarlyHints({ link: "</a>; rel=preload" });
    response.writeHead(204).end();
  });
  const response = await requestOverSocket(server.path, GET);
  assert.equal(response.status, 204);
  assert.equal(await textOf(response), "");
});

test("an answer that is cut off rejects", async () => {
  await using server = await serve((_, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("half");
    setImmediate(() => response.destroy());
  });
  const response = await requestOverSocket(server.path, GET);
  await assert.rejects(textOf(response), { code: "ECONNRESET" });
});

test("no answer in time rejects with ETIMEDOUT, an aborted signal with its reason", async () => {
  await using server = await serve(() => undefined);
  await assert.rejects(requestOverSocket(server.path, { ...GET, timeout: 20 }), { code: "ETIMEDOUT" });
  const controller = new AbortController();
  const waiting = requestOverSocket(server.path, { ...GET, signal: controller.signal });
  controller.abort();
  await assert.rejects(waiting, { name: "AbortError" });
});

test("an open stream ends when it is destroyed", async () => {
  await using server = await serve((_, response) => void response.write("data: 1\n\n"));
  const response = await requestOverSocket(server.path, GET);
  let text = "";
  await assert.doesNotReject(async () => {
    for await (const chunk of response.body) {
      text += chunk.toString();
      break;
    }
  });
  assert.equal(text, "data: 1\n\n");
  response.destroy();
});

test("what is no HTTP is told apart from what is not there", async () => {
  await assert.rejects(requestOverSocket("/nonexistent/s", GET), { code: "ENOENT" });
  const directory = mkdtempSync(join(tmpdir(), "tailherd-wire-"));
  const path = join(directory, "s");
  const server = createNetServer((socket) => void socket.end("220 mail\r\n")).listen(path);
  await once(server, "listening");
  try {
    await assert.rejects(requestOverSocket(path, GET), { code: "EPROTO" });
  } finally {
    server.close();
    rmSync(directory, { recursive: true });
  }
});
