/** What stands on the map while there is nothing to show: the reason, as far as it is known. Nothing is ever made up to fill it. */
import "./empty.css";
import type { ConsoleInfo } from "../../contract/messages.ts";
import type { LinkState } from "../../link/state.ts";
import { age } from "../../shared/format.ts";

interface Props {
  readonly info: ConsoleInfo | null;
  readonly link: LinkState;
  readonly now: number;
}

export function EmptyState({ info, link, now }: Props) {
  const { headline, advice } = reason(info, link);
  return (
    <div className="empty" role="status">
      <h2>{headline}</h2>
      <p>{advice}</p>
      {info !== null && 0 < info.stations.length && (
        <ul>
          {info.stations.map((station) => (
            <li key={station.slug} data-online={station.online}>
              <b>{station.name}</b> {station.online ? "online" : "offline"}
              {station.last_seen === null ? ", never heard from" : `, last heard ${age(now - station.last_seen)} ago`}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function reason(info: ConsoleInfo | null, link: LinkState): { headline: string; advice: string } {
  if (link === "connecting") return { headline: "Connecting…", advice: "Asking the server for its picture." };
  if (link === "offline" || link === "reconnecting" || info === null) {
    return { headline: "No link to the server", advice: "The picture is unknown, not empty. Trying again by itself." };
  }
  if (info.stations.length === 0 && info.role === "central") {
    return { headline: "No tracks heard yet — no station enrolled", advice: "Enrol a station, and what it hears appears here." };
  }
  if (0 < info.stations.length && info.stations.every((station) => !station.online)) {
    return {
      headline: "No tracks heard yet — no station is online",
      advice: "What they hear meanwhile is kept there and arrives when they are back.",
    };
  }
  if (info.role === "station") {
    return { headline: "No tracks heard yet — the station is listening", advice: "Check antenna, gain and receiver if this lasts." };
  }
  return {
    headline: "No tracks heard yet — stations are online and listening",
    advice: "Check their antennas and receivers if this lasts.",
  };
}
