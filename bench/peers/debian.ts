// Supervisors that come from Debian: which version is here, and installing what is missing when that is possible.
import { spawnSync } from "node:child_process";

/** Version of an installed package, or undefined when its program is missing. */
export async function debianVersion(packageName: string, program: string): Promise<string | undefined> {
  if (!hasProgram(program)) return undefined;
  const asked = spawnSync("dpkg-query", ["-W", "-f", "${Version}", packageName], { encoding: "utf8" });
  return asked.status === 0 ? asked.stdout : "of unknown version";
}

/** Whether a program is on the path. */
export function hasProgram(program: string): boolean {
  return spawnSync("which", [program]).status === 0;
}

/** Installs packages by apt-get when root on Debian; otherwise says what is left out. */
export function installPackages(packages: string[]): void {
  if (packages.length === 0) return;
  if (process.getuid?.() !== 0 || !hasProgram("apt-get")) {
    console.error(`Not compared, because they are not installed: ${packages.join(", ")}`);
    return;
  }
  console.error(`Installing ${packages.join(", ")}…`);
  // RUNLEVEL=1 keeps packages from starting their own services.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  const quiet = { stdio: ["ignore", "ignore", 2] as ["ignore", "ignore", number], env };
  spawnSync("apt-get", ["update", "-qq"], quiet);
  spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], quiet);
}
