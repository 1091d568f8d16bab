/** The top line: whose picture it is, whether it is live, what is in it, and the time. */
import "./header.css";
import type { ReactNode } from "react";
import type { ConsoleInfo } from "../../contract/messages.ts";
import { alarmText, type Subject, type Track, title } from "../../contract/track.ts";
import type { LinkState } from "../../link/state.ts";
import { age, protocolName, utcTime } from "../../shared/format.ts";

interface Props {
  readonly info: ConsoleInfo | null;
  readonly link: LinkState;
  /** Milliseconds since anything came from the server; null when nothing ever did. */
  readonly silentMs: number | null;
  readonly serverNow: number;
  readonly counts: ReadonlyMap<string, number>;
  readonly hidden: ReadonlySet<string>;
  readonly emergencies: readonly Track[];
  readonly onToggle: (protocol: string) => void;
  readonly onSelect: (subject: Subject) => void;
  /** What others put there. */
  readonly children?: ReactNode;
}

const LINK_WORDS: Readonly<Record<LinkState, string>> = {
  connecting: "Connecting",
  live: "Live",
  polling: "Live, polling",
  reconnecting: "Reconnecting",
  offline: "Offline",
};

export function Header(props: Props) {
  const { info, serverNow, counts, hidden, emergencies, onToggle, onSelect } = props;
  return (
    <header className="header">
      <h1>
        vTOC <span className="header-name">{info === null ? "" : `${info.name} · ${info.role}`}</span>
      </h1>
      <LinkBadge {...props} />
      <fieldset className="header-counts">
        <legend className="hidden">Protocols on the map</legend>
        {[...counts].map(([protocol, count]) => (
          <button key={protocol} type="button" aria-pressed={!hidden.has(protocol)} onClick={() => onToggle(protocol)}>
            {protocolName(protocol)} <b>{count}</b>
          </button>
        ))}
      </fieldset>
      <div className="header-alarms" role="alert">
        {emergencies.map((track) => (
          <button key={track.subject} type="button" onClick={() => onSelect(track.subject)}>
            {title(track)} {alarmText(track)}
          </button>
        ))}
      </div>
      {props.children}
      <time className="header-clock" dateTime={new Date(serverNow).toISOString()} title="The server's clock, UTC">
        {utcTime(serverNow)}
      </time>
    </header>
  );
}

function LinkBadge({ link, silentMs, info }: Props) {
  const stations = info?.stations ?? [];
  const online = stations.filter((station) => station.online).length;
  const frozen = link === "offline" || link === "reconnecting";
  return (
    <div className="header-link" data-link={link} role="status">
      <i aria-hidden="true" />
      {LINK_WORDS[link]}
      {frozen && silentMs !== null && <span className="header-frozen">picture is {age(silentMs)} old</span>}
      {!frozen && 0 < stations.length && (
        <span>
          {online} of {stations.length} {stations.length === 1 ? "station" : "stations"} online
        </span>
      )}
    </div>
  );
}
