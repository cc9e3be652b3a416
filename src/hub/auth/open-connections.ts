// Connections that stay open (sockets, event streams) end when the right they were opened with does.
import type { Clock, Timer } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import type { Authenticator } from "./authenticate.ts";
import type { Credential } from "./identity.ts";

/** How often the credentials of open connections are looked up; promised are 5 s from revocation to closing. */
const INTERVAL = 2 * SECOND;

interface Entry {
  credential: Credential;
  revoke: () => void;
}

/** All open connections that rest on a token or a session. Looks only while there are any. */
export class OpenConnections {
  private readonly entries = new Set<Entry>();
  private readonly authenticator: Authenticator;
  private readonly clock: Clock;
  private timer: Timer | undefined;
  private opened = 0;

  constructor(authenticator: Authenticator, clock: Clock) {
    this.authenticator = authenticator;
    this.clock = clock;
  }

  /** How many are open, also those that rest on nothing that could be taken back. */
  get size(): number {
    return this.opened;
  }

  /** `revoke` is called once when the credential stops counting; dispose when the connection ended by itself. */
  add(credential: Credential, revoke: () => void): Disposable {
    const ending = new DisposableStack();
    this.opened += 1;
    ending.defer(() => (this.opened -= 1));
    if (credential.kind === "door") return ending;
    const entry = { credential, revoke };
    this.entries.add(entry);
    this.timer ??= this.clock.after(INTERVAL, () => void this.sweep());
    ending.defer(() => void this.entries.delete(entry));
    return ending;
  }

  /** Looks up every credential now; what stopped counting is closed. */
  async sweep(): Promise<void> {
    this.timer?.cancel();
    this.timer = undefined;
    const verdicts = new Map<string, Promise<boolean>>();
    for (const entry of this.entries) {
      const key = JSON.stringify(entry.credential);
      // A store that cannot answer has not revoked anything.
      const verdict = verdicts.get(key) ?? this.authenticator.stillCounts(entry.credential).catch(() => true);
      verdicts.set(key, verdict);
      if (await verdict) continue;
      if (this.entries.delete(entry)) entry.revoke();
    }
    if (this.entries.size > 0) this.timer ??= this.clock.after(INTERVAL, () => void this.sweep());
  }

  close(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.entries.clear();
  }
}
