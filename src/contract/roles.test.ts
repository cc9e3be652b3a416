import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { roleAllows, type Role } from "./roles.ts";
import { routes } from "./routes.ts";

const allowed = (role: Role | null): string[] =>
  Object.entries(routes)
    .filter(([, route]) => roleAllows(role, route.action))
    .map(([key]) => key);

describe("roleAllows()", () => {
  it("lets nobody without a role past the public routes", () => {
    assert.deepEqual(allowed(null), ["GET /health", "GET /api/whoami", "POST /api/session", "DELETE /api/session"]);
  });

  it("lets a viewer only read", () => {
    const changing = allowed("viewer").filter((key) => !key.startsWith("GET "));
    assert.deepEqual(changing.sort(), [
      "DELETE /api/session",
      "POST /api/service/{name}/scan-ports",
      "POST /api/session",
      "POST /api/ws-ticket",
    ]);
  });

  it("grows from viewer to operator to admin, who may do everything", () => {
    const [viewer, operator, admin] = [allowed("viewer"), allowed("operator"), allowed("admin")];
    assert.ok(viewer.every((key) => operator.includes(key)));
    assert.ok(operator.every((key) => admin.includes(key)));
    assert.deepEqual(admin, Object.keys(routes));
  });

  it("keeps definitions, which are code, for admins", () => {
    assert.ok(!allowed("operator").some((key) => /^(PUT|PATCH|DELETE) \/api\/services?\//.test(key)));
  });
});
