/** Asks for what the selected track has measured over the last day, again and again while it is selected. Only a central knows. */
import { useEffect, useState } from "react";
import { parseSeries, type SeriesAnswer } from "../contract/series.ts";
import type { Subject } from "../contract/track.ts";

/** Buckets are a quarter of an hour: asking more often would show nothing new. */
const ASK_MS = 60_000;
const BUCKET_S = 900;

/** `kinds`: of which there is something, `weather telemetry`; empty: nothing to ask for. */
export function useSeries(getJson: (path: string) => Promise<unknown>, subject: Subject | null, kinds: string): readonly SeriesAnswer[] {
  const [answers, setAnswers] = useState<readonly SeriesAnswer[]>([]);
  useEffect(() => {
    setAnswers([]);
    if (subject === null || kinds === "") return;
    let wanted = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const one = async (kind: string) => {
      const query = new URLSearchParams({ subject, kind, bucket: String(BUCKET_S) });
      // A failure leaves out the chart: the latest value is there all the same.
      return parseSeries(await getJson(`api/v1/telemetry/series?${query}`).catch(() => null));
    };
    const ask = async () => {
      const told = await Promise.all(kinds.split(" ").map(one));
      if (!wanted) return;
      const known = told.filter((answer) => answer !== null);
      if (0 < known.length) setAnswers(known);
      timer = setTimeout(ask, ASK_MS);
    };
    void ask();
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [getJson, subject, kinds]);
  return answers;
}
