/**
 * The picture: every track that the server told of, outside React. It is changed only by messages and read by the renderer in every frame and by
 * the panels a few times a second.
 *
 * It has no clock: `now` is the server's time as `ServerClock` knows it.
 */
import type { Delta, Snapshot } from "../contract/messages.ts";
import { isEmergency, type Subject, type Track, type TrailPoint } from "../contract/track.ts";
import { type Motion, motionOf } from "./motion.ts";
import { extendTrail } from "./trail.ts";

export interface Entry {
  track: Track;
  readonly trail: TrailPoint[];
  motion: Motion | null;
}

/** More than any receiver hears; a server that sends more is cut off here, and the cut is counted. */
export const MAX_TRACKS = 50_000;

export class Picture {
  readonly #entries = new Map<Subject, Entry>();
  #seq: number | null = null;
  #version = 0;
  #refused = 0;
  #emergencies: readonly Track[] = [];
  /** The version that `#emergencies` was found in; they are asked for in every frame. */
  #emergenciesOf = 0;

  /** Rises with every change; readers compare it. */
  get version(): number {
    return this.#version;
  }

  /** Tracks that the server sent and that were not believed, since the page was opened. */
  get refused(): number {
    return this.#refused;
  }

  get seq(): number | null {
    return this.#seq;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(subject: Subject): Entry | undefined {
    return this.#entries.get(subject);
  }

  entries(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  emergencies(): readonly Track[] {
    if (this.#emergenciesOf !== this.#version) {
      this.#emergencies = [...this.#entries.values()].map(({ track }) => track).filter(isEmergency);
      this.#emergenciesOf = this.#version;
    }
    return this.#emergencies;
  }

  /** Replaces everything; what is drawn glides on from where it was. */
  applySnapshot(snapshot: Snapshot, now: number): void {
    const told = new Set<Subject>();
    for (const { track, trail } of snapshot.tracks) {
      told.add(track.subject);
      this.#put(track, trail, now);
    }
    for (const subject of this.#entries.keys()) if (!told.has(subject)) this.#entries.delete(subject);
    this.#seq = snapshot.seq;
    this.#refused += snapshot.refused;
    this.#version += 1;
  }

  /** False when messages before this one are missing: the picture is then left as it is and needs a new snapshot. */
  applyDelta(delta: Delta, now: number): boolean {
    if (this.#seq === null || delta.seq !== this.#seq + 1) return false;
    for (const track of delta.updated) this.#put(track, null, now);
    for (const subject of delta.removed) this.#entries.delete(subject);
    this.#seq = delta.seq;
    this.#refused += delta.refused;
    this.#version += 1;
    return true;
  }

  #put(track: Track, trail: readonly TrailPoint[] | null, now: number): void {
    const known = this.#entries.get(track.subject);
    if (known === undefined && MAX_TRACKS <= this.#entries.size) {
      this.#refused += 1;
      return;
    }
    const entry: Entry = { track, trail: trail === null ? (known?.trail ?? []) : [...trail], motion: null };
    extendTrail(entry.trail, track);
    entry.motion = motionOf(track, known?.motion ?? null, now);
    this.#entries.set(track.subject, entry);
  }
}
