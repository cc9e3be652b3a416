// A hub that is asked to end does so at once, whoever still looks at it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { startTestHub } from "../support/hub.ts";

test("a hub closes while a dashboard, an event stream and half a request are open", { timeout: 8000 }, async () => {
  await using running = await startTestHub();
  const { hub, port, url } = running;
  const dashboard = await running.connect();
  await dashboard.subscribe("services");
  const events = await fetch(`${url}/api/events`);
  const half = connect(port, "127.0.0.1");
  await once(half, "connect");
  half.write(`POST /api/services HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-length: 100\r\n\r\n{`);
  const cut = new Promise((resolve) => half.on("error", () => {}).once("close", resolve));
  const ends = [dashboard.closed(), cut, assert.rejects(events.text())];
  await Promise.all([hub.close(), ...ends]);
});
