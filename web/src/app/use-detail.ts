/** Asks for everything known of the selected track, again and again while it is selected. */
import { useEffect, useState } from "react";
import { parseDetail, type TrackDetail } from "../contract/detail.ts";
import type { Subject } from "../contract/track.ts";

/** Ages are counted on the page; what is asked for is only what is new. */
const ASK_MS = 2_000;

export function useDetail(getJson: (path: string) => Promise<unknown>, subject: Subject | null): TrackDetail | null {
  const [detail, setDetail] = useState<TrackDetail | null>(null);
  useEffect(() => {
    if (subject === null) return;
    let wanted = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      // A failure leaves what was known: its ages go on counting.
      const answer = await getJson(`api/v1/tracks/${encodeURIComponent(subject)}`).catch(() => null);
      if (!wanted) return;
      const parsed = parseDetail(answer);
      if (parsed !== null) setDetail(parsed);
      timer = setTimeout(ask, ASK_MS);
    };
    void ask();
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [getJson, subject]);
  return detail?.subject === subject ? detail : null;
}
