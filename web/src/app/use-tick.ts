/** Renders again every `ms`: panels read the picture at their own pace, not with every message. */
import { useEffect, useState } from "react";

export function useTick(ms: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), ms);
    return () => clearInterval(timer);
  }, [ms]);
  return now;
}
