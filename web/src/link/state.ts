/** What to tell the watch about the link, from what is known of it. */

export interface LinkFacts {
  /** The live stream is open and has brought a snapshot. */
  readonly streaming: boolean;
  /** When anything valid last came from the server, Unix milliseconds on the browser's clock; null when nothing ever did. */
  readonly heardAt: number | null;
  /** When the page began to try. */
  readonly startedAt: number;
}

/** `live`: stream open and the server answers. `polling`: no stream, but fresh answers. `reconnecting`: lost just now. `offline`: lost. */
export type LinkState = "connecting" | "live" | "polling" | "reconnecting" | "offline";

/** The server is asked every PROBE_MS; nothing from it for this long means that it is out of reach, whatever the socket claims. */
export const SILENT_MS = 12_000;
/** An answer this recent makes the picture worth calling current while there is no stream. */
const POLL_FRESH_MS = 8_000;
const GIVE_UP_MS = 10_000;

export function linkState(facts: LinkFacts, now: number): LinkState {
  if (facts.heardAt === null) return now - facts.startedAt < GIVE_UP_MS ? "connecting" : "offline";
  const silent = now - facts.heardAt;
  if (facts.streaming) return silent < SILENT_MS ? "live" : "offline";
  if (silent < POLL_FRESH_MS) return "polling";
  return silent < GIVE_UP_MS ? "reconnecting" : "offline";
}
