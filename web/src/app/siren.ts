/** The sound of unacknowledged distress: off until somebody switches it on, in this browser, for good. */

const KEY = "vtoc.alerts.sound";
const AGAIN_MS = 5_000;
const TONES_HZ = [880, 660, 880];
const TONE_S = 0.18;

export class Siren {
  #on = remembered();
  #called = false;
  #context: AudioContext | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  get on(): boolean {
    return this.#on;
  }

  switch(on: boolean): void {
    this.#on = on;
    try {
      localStorage.setItem(KEY, on ? "on" : "off");
    } catch {
      // A browser that keeps nothing: on for as long as the page is open.
    }
    // Heard once, so that one knows that it works.
    if (on) this.#ring();
    this.#follow();
  }

  /** Somebody is in distress, and nobody has acknowledged it. */
  call(called: boolean): void {
    if (called && !this.#called && this.#on) this.#ring();
    this.#called = called;
    this.#follow();
  }

  #follow(): void {
    clearInterval(this.#timer);
    if (this.#on && this.#called) this.#timer = setInterval(() => this.#ring(), AGAIN_MS);
  }

  #ring(): void {
    this.#context ??= new AudioContext();
    const context = this.#context;
    // Browsers hold sound back until somebody has touched the page.
    void context.resume();
    TONES_HZ.forEach((hertz, number) => {
      const tone = context.createOscillator();
      const volume = context.createGain();
      tone.frequency.value = hertz;
      volume.gain.value = 0.2;
      tone.connect(volume).connect(context.destination);
      const at = context.currentTime + number * TONE_S;
      tone.start(at);
      tone.stop(at + TONE_S * 0.9);
    });
  }
}

function remembered(): boolean {
  try {
    return localStorage.getItem(KEY) === "on";
  } catch {
    return false;
  }
}
