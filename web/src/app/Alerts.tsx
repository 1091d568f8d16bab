/** The alerts' places on the page: the bar of unacknowledged distress, the button with their number, the panel, and the sound. */
import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import type { Alert } from "../contract/alerts.ts";
import type { Subject } from "../contract/track.ts";
import { AlertBanner } from "../features/alerts/AlertBanner.tsx";
import { AlertPanel } from "../features/alerts/AlertPanel.tsx";
import type { MapEngine } from "../features/map/engine.ts";
import type { Session } from "./session.ts";
import { Siren } from "./siren.ts";

/** Close enough to see what is around a place. */
const PLACE_ZOOM = 9;

const siren = new Siren();

export interface AlertsView {
  readonly shown: boolean;
  readonly waiting: readonly Alert[];
  readonly setShown: (shown: boolean) => void;
}

export function useAlerts({ alerts }: Session): AlertsView {
  const [shown, setShown] = useState(false);
  useSyncExternalStore(alerts.subscribe, alerts.version);
  const { waiting } = alerts;
  useEffect(() => siren.call(0 < waiting.length), [waiting.length]);
  return { shown, waiting, setShown };
}

/** How to show an alert on the map: the track with its details, or where it was last, when it is not heard any more. */
export function useShowAlert(session: Session, engine: { readonly current: MapEngine | null }, pick: (subject: Subject | null) => void) {
  return useCallback(
    (alert: Alert) => {
      const subject = alert.subject as Subject;
      if (session.picture.get(subject) !== undefined) pick(subject);
      else if (alert.latitude !== null && alert.longitude !== null) engine.current?.jumpTo(alert.longitude, alert.latitude, PLACE_ZOOM);
    },
    [session, engine, pick],
  );
}

interface Props {
  readonly session: Session;
  readonly view: AlertsView;
  readonly now: number;
  readonly onShow: (alert: Alert) => void;
}

export function Banner({ session, view, now, onShow }: Props) {
  const { alerts, account } = session;
  return (
    <AlertBanner
      waiting={view.waiting}
      now={now}
      mayAct={account.who.maySpeak}
      onShow={onShow}
      onAcknowledge={(id) => alerts.acknowledge(id)}
      onAll={() => view.setShown(true)}
    />
  );
}

/** Where there are no alerts (a station's own page), nothing. */
export function AlertsButton({ session, view }: Pick<Props, "session" | "view">) {
  const { alerts } = session;
  if (session.link.console?.role !== "central") return null;
  const open = alerts.list?.alerts.filter((alert) => alert.state === "open").length ?? null;
  return (
    <button
      type="button"
      className="app-alerts-button"
      aria-expanded={view.shown}
      data-waiting={0 < view.waiting.length}
      data-old={!alerts.live}
      onClick={() => view.setShown(!view.shown)}
    >
      Alerts <b>{open ?? "?"}</b>
      {!alerts.live && <span> not live</span>}
    </button>
  );
}

export function Panel({ session, view, now, onShow }: Props) {
  const [sound, setSound] = useState(siren.on);
  const { alerts, account } = session;
  if (!view.shown) return null;
  return (
    <div className="app-alerts">
      <AlertPanel
        list={alerts.list}
        live={alerts.live}
        silentMs={alerts.heardAt === null ? null : Date.now() - alerts.heardAt}
        now={now}
        mayAct={account.who.maySpeak}
        mayCommand={account.who.mayCommand}
        sound={sound}
        actions={alerts}
        onSound={(on) => {
          siren.switch(on);
          setSound(on);
        }}
        onShow={onShow}
        onClose={() => view.setShown(false)}
      />
    </div>
  );
}
