import assert from "node:assert/strict";
import { test } from "node:test";
import { paths } from "./paths.ts";

test("all addresses, as a list", () => {
  assert.deepEqual(
    [
      paths.overview(),
      paths.service("api"),
      paths.service("Größe 2/…"),
      paths.service("api", "summary"),
      paths.service("my api", "output"),
      paths.outputLine("my api", 0, "17.2"),
      paths.outputLine("api", 2, "1&2"),
      paths.addService(),
      paths.adopt(),
      paths.import(),
      paths.ports(),
      paths.tokens(),
      paths.settings(),
      paths.firstRun(),
      paths.signIn(),
      paths.apiDocs(),
    ],
    [
      "/",
      "/services/api",
      "/services/Gr%C3%B6%C3%9Fe%202%2F%E2%80%A6",
      "/services/api",
      "/services/my%20api?tab=output",
      "/services/my%20api?tab=output&at=17.2",
      "/services/api?tab=output&instance=2&at=1%262",
      "/add",
      "/adopt",
      "/import",
      "/ports",
      "/tokens",
      "/settings",
      "/welcome",
      "/sign-in",
      "/docs",
    ],
  );
});
