// Closes what was started, in reverse; a step that hangs is named and left behind, so that an end always ends.
import { SECOND } from "../base/units.ts";
import type { Logger } from "../runtime/logger.ts";

interface Step {
  name: string;
  close: () => Promise<void> | void;
}

/** Time that one step may take. */
const PATIENCE = 10 * SECOND;

/** Things to close, last started first. */
export class Shutdown {
  private readonly steps: Step[] = [];
  private readonly logger: Logger;
  private readonly patience: number;

  constructor(logger: Logger, patience = PATIENCE) {
    this.logger = logger;
    this.patience = patience;
  }

  /** Adds what was just started; `name` reads well after "closing". */
  add(name: string, close: Step["close"]): void {
    this.steps.push({ name, close });
  }

  /** Closes everything; resolves to whether all went well. Each thing is closed once, however often this is called. */
  async run(): Promise<boolean> {
    let well = true;
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) {
      const { name } = step;
      try {
        await this.inTime(step);
      } catch (error) {
        well = false;
        this.logger.error({ err: error, step: name }, `Closing ${name} failed: ${(error as Error).message}`);
      }
    }
    return well;
  }

  private async inTime({ close }: Step): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not done after ${this.patience} ms`)), this.patience);
    });
    try {
      await Promise.race([Promise.resolve(close()), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
