// Lets a few pieces of synchronous work through in each turn of the event loop, so that a crowd of them does not hold up the rest.

export class Pace {
  private readonly perTurn: number;
  private taken = 0;
  private waiting = 0;
  private turn: Promise<void> | undefined;

  constructor(perTurn: number) {
    this.perTurn = perTurn;
  }

  /** Resolves when it is the caller's turn; at once while this turn has room. */
  async take(): Promise<void> {
    this.waiting += 1;
    while (this.taken >= this.perTurn) await this.nextTurn();
    this.waiting -= 1;
    this.taken += 1;
    void this.nextTurn();
  }

  /** The same for what can wait until nobody waits in `take`. */
  async takeLast(): Promise<void> {
    while (this.waiting > 0 || this.taken >= this.perTurn) await this.nextTurn();
    this.taken += 1;
    void this.nextTurn();
  }

  private nextTurn(): Promise<void> {
    this.turn ??= new Promise((resolve) => {
      setImmediate(() => {
        this.turn = undefined;
        this.taken = 0;
        resolve();
      });
    });
    return this.turn;
  }
}
