// Secrets: made from 256 random bits, compared and stored only as SHA-256, so that no comparison can be timed and no leaked file used.
import { createHash, randomBytes } from "node:crypto";

/** A fresh secret, in characters that need no quoting in a URL, a header or a shell. */
export function makeSecret(prefix = ""): string {
  return prefix + randomBytes(32).toString("base64url");
}

/** SHA-256, hex: what is kept and looked up. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
