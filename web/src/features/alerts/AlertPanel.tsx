/** The alerts: those that are open, those that somebody takes care of, those that are over, and the rules that raise them. */
import "./alerts.css";
import { type KeyboardEvent, type ReactNode, useEffect, useState } from "react";
import type { Alert, AlertList, AlertRule, Backtest } from "../../contract/alerts.ts";
import { age, utcTime } from "../../shared/format.ts";
import { AlertItem } from "./AlertItem.tsx";
import { RuleList } from "./RuleList.tsx";

export interface AlertActions {
  acknowledge(id: number): Promise<string | null>;
  resolve(id: number, note: string): Promise<string | null>;
  resolved(): Promise<readonly Alert[] | null>;
  rules(): Promise<readonly AlertRule[] | null>;
  enable(rule: AlertRule, enabled: boolean): Promise<AlertRule | string>;
  backtest(rule: AlertRule, hours: number): Promise<Backtest | string>;
}

interface Props {
  /** Null: not known yet. */
  readonly list: AlertList | null;
  readonly live: boolean;
  /** Since the list was last known to be true, milliseconds. */
  readonly silentMs: number | null;
  readonly now: number;
  readonly mayAct: boolean;
  readonly mayCommand: boolean;
  readonly sound: boolean;
  readonly actions: AlertActions;
  readonly onSound: (on: boolean) => void;
  readonly onShow: (alert: Alert) => void;
  readonly onClose: () => void;
}

const TABS = ["Open", "Acknowledged", "Resolved", "Rules"] as const;
type Tab = (typeof TABS)[number];

export function AlertPanel(props: Props) {
  const { list, now, mayAct, sound, actions, onSound, onClose } = props;
  const [tab, setTab] = useState<Tab>("Open");
  const count = (state: string) => list?.alerts.filter((alert) => alert.state === state).length ?? 0;
  const counts: Partial<Record<Tab, number>> = { Open: count("open"), Acknowledged: count("acknowledged") };
  return (
    <section className="alerts" aria-label="Alerts">
      <header>
        <h2>Alerts</h2>
        <label>
          <input type="checkbox" checked={sound} onChange={(event) => onSound(event.currentTarget.checked)} /> Sound
        </label>
        <button type="button" aria-label="Close alerts" onClick={onClose}>
          ✕
        </button>
      </header>
      <Tabs tab={tab} counts={counts} onTab={setTab} />
      <Freshness {...props} />
      <div className="alerts-body" role="tabpanel" aria-label={tab}>
        {tab === "Rules" && <RuleList actions={actions} mayCommand={props.mayCommand} />}
        {tab === "Resolved" && <Resolved {...props} />}
        {(tab === "Open" || tab === "Acknowledged") && (
          <Items none={tab === "Open" ? "Nothing is open." : "Nobody is taking care of anything."} unknown={list === null}>
            {list?.alerts
              .filter((alert) => alert.state === tab.toLowerCase())
              .map((alert) => (
                <AlertItem key={alert.id} alert={alert} now={now} mayAct={mayAct} actions={actions} onShow={props.onShow} />
              ))}
          </Items>
        )}
      </div>
    </section>
  );
}

function Tabs(props: { readonly tab: Tab; readonly counts: Partial<Record<Tab, number>>; readonly onTab: (tab: Tab) => void }) {
  const { tab, counts, onTab } = props;
  const move = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    const next = TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length];
    if (step === 0 || next === undefined) return;
    onTab(next);
    event.currentTarget.querySelectorAll("button")[TABS.indexOf(next)]?.focus();
  };
  return (
    <div className="alerts-tabs" role="tablist" aria-label="Which alerts" onKeyDown={move}>
      {TABS.map((name) => (
        <button
          key={name}
          type="button"
          role="tab"
          aria-selected={tab === name}
          tabIndex={tab === name ? 0 : -1}
          onClick={() => onTab(name)}
        >
          {name} {counts[name] !== undefined && <b>{counts[name]}</b>}
        </button>
      ))}
    </div>
  );
}

/** A list that may be old says so. */
function Freshness({ list, live, silentMs }: Props) {
  if (list === null) return <p className="alerts-hint">Asking for the alerts …</p>;
  if (!live) return <p className="alerts-warning">Not live: as it was {age(silentMs)} ago</p>;
  if (list.old) return <p className="alerts-warning">The central can't read its alerts just now: this list is old</p>;
  return list.more ? <p className="alerts-hint">There are more than these; unacknowledged distress comes first.</p> : null;
}

function Items({
  none,
  unknown,
  children,
}: {
  readonly none: string;
  readonly unknown: boolean;
  readonly children: readonly ReactNode[] | undefined;
}) {
  if (unknown) return null;
  return children === undefined || children.length === 0 ? (
    <p className="alerts-hint">{none}</p>
  ) : (
    <ul className="alerts-list">{children}</ul>
  );
}

function Resolved({ list, now, actions, onShow }: Props) {
  const [alerts, setAlerts] = useState<readonly Alert[] | null>(null);
  const [asked, setAsked] = useState(false);
  // What is resolved leaves the list: then there is something new here.
  const active = list?.alerts.map((alert) => alert.id).join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again when the list changes
  useEffect(() => {
    let wanted = true;
    void actions.resolved().then((answer) => {
      if (!wanted) return;
      setAsked(true);
      if (answer !== null) setAlerts(answer);
    });
    return () => {
      wanted = false;
    };
  }, [actions, active]);
  if (alerts === null) return <p className="alerts-hint">{asked ? "No answer from the server" : "Asking …"}</p>;
  return (
    <Items none="Nothing was resolved yet." unknown={false}>
      {alerts.map((alert) => (
        <AlertItem key={alert.id} alert={alert} now={now} mayAct={false} actions={actions} onShow={onShow} />
      ))}
    </Items>
  );
}

export function when(at: number | null): string {
  return at === null ? "—" : `${new Date(at).toISOString().slice(0, 10)} ${utcTime(at)}`;
}
