// How often a test repeats what shows a promise: a short count in `npm test`, up to the promised one in `npm run soak`.

const FACTOR = Number(process.env.TAILHERD_SOAK_FACTOR ?? 1);

/** The short count times the factor of the soak, and never more than the full one. */
export function times(short: number, full: number): number {
  return Math.min(full, Math.max(short, Math.round(short * FACTOR)));
}

/** The same act, so many times, one after the other. */
export function repeat(count: number, act: () => Promise<void>): () => Promise<void> {
  return async () => {
    for (let round = 0; round < count; round += 1) await act();
  };
}
