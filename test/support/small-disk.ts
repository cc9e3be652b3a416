// For tests of a full disk: a small tmpfs of their own. Needs root.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A mounted tmpfs; unmounted when disposed. */
export class SmallDisk implements Disposable {
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** Undefined where mounting is not allowed; throws instead when no test may be skipped (TAILHERD_NO_SKIP=1). */
  static mount(mebibytes: number): SmallDisk | undefined {
    const dir = mkdtempSync(join(tmpdir(), "disk-"));
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", dir], { stdio: "pipe" });
      return new SmallDisk(dir);
    } catch (error) {
      rmdirSync(dir);
      if (process.env.TAILHERD_NO_SKIP === "1") throw error;
      return undefined;
    }
  }

  [Symbol.dispose](): void {
    execFileSync("umount", ["--lazy", this.dir]);
    rmdirSync(this.dir);
  }
}
