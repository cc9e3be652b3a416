// Codes that count once and not for long: sign-in links and tickets for the socket. In memory, so a restart ends them all.
import type { Clock } from "../../base/clock.ts";
import { hashSecret, makeSecret } from "./secrets.ts";

/** More than this many open codes at once are not kept: the oldest goes. */
const MAX_OPEN = 1000;

/** Codes of one purpose, each bound to what it stands for. */
export class OneTimeCodes<T> {
  private readonly open = new Map<string, { value: T; expiresAt: number }>();
  private readonly clock: Clock;
  private readonly lifetime: number;

  constructor(clock: Clock, lifetime: number) {
    this.clock = clock;
    this.lifetime = lifetime;
  }

  /** Makes a code; `expiresAt` in Unix milliseconds. */
  make(value: T): { code: string; expiresAt: number } {
    this.dropExpired();
    const oldest = this.open.size >= MAX_OPEN ? this.open.keys().next().value : undefined;
    if (oldest !== undefined) this.open.delete(oldest);
    const code = makeSecret();
    const expiresAt = this.clock.now() + this.lifetime;
    this.open.set(hashSecret(code), { value, expiresAt });
    return { code, expiresAt };
  }

  /** Takes a code out of use; undefined when it never was, was used, or is too old. */
  use(code: string): T | undefined {
    const key = hashSecret(code);
    const found = this.open.get(key);
    this.open.delete(key);
    return found !== undefined && found.expiresAt > this.clock.now() ? found.value : undefined;
  }

  private dropExpired(): void {
    const now = this.clock.now();
    for (const [key, { expiresAt }] of this.open) if (expiresAt <= now) this.open.delete(key);
  }
}
