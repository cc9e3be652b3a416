// What a test needs of the machine. Where it is missing the test is skipped, and told; with TAILHERD_NO_SKIP=1 it fails, so
// that the machine which must show everything cannot pass by leaving something out.
import type { TestContext } from "node:test";

/** True when the test can go on; else it is marked as skipped and must return. `what` completes "this machine has no …". */
export function needs(context: Pick<TestContext, "skip">, available: boolean, what: string): boolean {
  if (available) return true;
  if (process.env.TAILHERD_NO_SKIP === "1") throw new Error(`This machine has no ${what}, and TAILHERD_NO_SKIP is set`);
  context.skip(`this machine has no ${what}`);
  return false;
}
