/** Puts the features together. */
import "./app.css";
import { type RefObject, useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { Subject } from "../contract/track.ts";
import { Account } from "../features/account/Account.tsx";
import { Header } from "../features/header/Header.tsx";
import { TrackList } from "../features/list/TrackList.tsx";
import { Login } from "../features/login/Login.tsx";
import type { MapEngine } from "../features/map/engine.ts";
import { logIn } from "../link/browser.ts";
import { linkState } from "../link/state.ts";
import { AlertsButton, Banner, Panel, useAlerts, useShowAlert } from "./Alerts.tsx";
import { Chat } from "./Chat.tsx";
import { Stage } from "./Stage.tsx";
import type { Session } from "./session.ts";
import { useTick } from "./use-tick.ts";
import { countByProtocol, toggled, useView } from "./use-view.ts";

/** How often the panels look at the picture. */
const PANEL_MS = 500;

export function App({ session }: { readonly session: Session }) {
  const { picture, link, account, chat, alerts, serverNow } = session;
  const browserNow = useTick(PANEL_MS);
  const view = useView(picture);
  const { set, tracks, selected, filter, hidden } = view;
  const engine = useRef<MapEngine | null>(null);
  const filterBox = useRef<HTMLInputElement>(null);
  const [asking, setAsking] = useState(false);
  const now = serverNow();
  const state = linkState(link.facts, browserNow);
  const { heardAt } = link.facts;
  const silentMs = browserNow - (heardAt ?? browserNow);
  const emergencies = picture.emergencies();

  const pick = useCallback(
    (subject: Subject | null) => {
      set({ selected: subject });
      if (subject !== null) engine.current?.show(subject);
    },
    [set],
  );
  const enter = useCallback(
    async (login: string, password: string) => {
      const refusal = await logIn(login, password);
      if (refusal !== null) return refusal;
      setAsking(false);
      link.unlock();
      if (link.console !== null) {
        chat.start();
        alerts.start();
      }
      return null;
    },
    [link, chat, alerts],
  );
  const leave = async () => {
    const refusal = await account.logOut();
    // A fresh page: nothing of what was seen stays in it.
    if (refusal === null) location.reload();
    return refusal;
  };
  // A station's own page has neither chat nor alerts, and nobody logs in.
  const isCentral = link.console?.role === "central";
  useEffect(() => {
    if (!isCentral) return;
    chat.start();
    alerts.start();
  }, [isCentral, chat, alerts]);
  useSyncExternalStore(account.subscribe, account.version);
  const alertsView = useAlerts(session);
  const showAlert = useShowAlert(session, engine, pick);
  useShortcuts(filterBox, () => set(selected === null ? { filter: "" } : { selected: null }));
  useTitle(link.console?.name ?? null, alertsView.waiting.length, emergencies.length);

  return (
    <div className="app">
      <div className="app-top">
        <Header
          info={link.console}
          link={state}
          silentMs={heardAt === null ? null : silentMs}
          serverNow={now}
          counts={countByProtocol(tracks)}
          hidden={hidden}
          emergencies={emergencies}
          onToggle={(protocol) => set({ hidden: toggled(hidden, protocol) })}
          onSelect={pick}
        >
          <AlertsButton session={session} view={alertsView} />
          {isCentral && <Account who={account.who} onLogIn={() => setAsking(true)} onLogOut={leave} />}
        </Header>
        <Banner session={session} view={alertsView} now={now} onShow={showAlert} />
      </div>
      <div className="app-side">
        <TrackList
          tracks={view.shown}
          total={tracks.length}
          now={now}
          selected={selected}
          filter={filter}
          sort={view.sort}
          filterBox={filterBox}
          onFilter={(text) => set({ filter: text })}
          onSort={(sort) => set({ sort })}
          onSelect={pick}
        />
      </div>
      <Stage session={session} view={view} link={state} now={now} silentMs={silentMs} engine={engine} onSelect={pick}>
        <Panel session={session} view={alertsView} now={now} onShow={showAlert} />
      </Stage>
      <Chat chat={chat} who={account.who} />
      {(link.locked || asking) && (
        <Login onLogin={enter} elsewhere={account.who.elsewhere} onCancel={link.locked ? null : () => setAsking(false)} />
      )}
    </div>
  );
}

/** `/` goes to the filter, Esc steps back: first closes the details, then empties the filter. */
function useShortcuts(filterBox: RefObject<HTMLInputElement | null>, onEscape: () => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === "Escape") {
        event.preventDefault();
        filterBox.current?.blur();
        onEscape();
      } else if (event.key === "/" && !(event.target instanceof HTMLInputElement)) {
        event.preventDefault();
        filterBox.current?.focus();
      }
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  });
}

/** The tab tells of a distress that nobody has acknowledged, or of an emergency, while another one is in front. */
function useTitle(name: string | null, waiting: number, emergencies: number): void {
  useEffect(() => {
    const emergency = emergencies === 0 ? "" : `(${emergencies} emergency) `;
    const alarm = waiting === 0 ? emergency : `(${waiting} unacknowledged) `;
    document.title = `${alarm}vTOC${name === null ? "" : ` ${name}`}`;
  }, [name, waiting, emergencies]);
}
