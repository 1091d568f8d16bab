/** Something that tells when it has changed, in the form that React's `useSyncExternalStore` takes. */

export class Listened {
  readonly #listeners = new Set<() => void>();
  #version = 0;

  /** Changes with everything that is shown. */
  readonly version = (): number => this.#version;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  protected changed(): void {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
