// A typed list of listeners; what the few places that publish something use instead of a stringly EventEmitter.

/** Publishes values of one type to whoever listens; a listener that throws does not keep the others from hearing. */
export class Emitter<T> {
  private readonly listeners = new Set<(value: T) => void>();

  /** Adds a listener; dispose what is returned to stop listening. */
  on(listener: (value: T) => void): Disposable {
    this.listeners.add(listener);
    return { [Symbol.dispose]: () => void this.listeners.delete(listener) };
  }

  /** How many listen now. */
  get size(): number {
    return this.listeners.size;
  }

  emit(value: T): void {
    let failure: unknown;
    for (const listener of this.listeners) {
      try {
        listener(value);
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
  }
}
