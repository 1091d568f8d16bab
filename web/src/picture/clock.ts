/**
 * The server's clock as the browser sees it. Ages and dead reckoning are counted on the server's clock: a tablet whose own clock is minutes off
 * must not show every track as old, or as ahead of itself.
 *
 * Each message gives `received - at`, which is the clocks' difference plus the way here. The smallest of the last WINDOW messages had the shortest way.
 */
const WINDOW = 40;

export class ServerClock {
  readonly #samples: number[] = [];
  #offsetMs = 0;

  /** Takes in a message that the server made at `at` and the browser received at `received`, both Unix milliseconds on their own clocks. */
  observe(at: number, received: number): void {
    this.#samples.push(received - at);
    if (WINDOW < this.#samples.length) this.#samples.shift();
    this.#offsetMs = Math.min(...this.#samples);
  }

  /** How far the browser is ahead of the server, milliseconds. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  now(browserNow: number): number {
    return browserNow - this.#offsetMs;
  }
}
