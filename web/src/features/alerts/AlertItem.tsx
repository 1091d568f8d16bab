/** One alert: what, who, where, since when, and what an operator does with it. */
import { type FormEvent, useState } from "react";
import { type Alert, alertTitle, needsSomebody } from "../../contract/alerts.ts";
import { age, position, utcTime } from "../../shared/format.ts";
import type { AlertActions } from "./AlertPanel.tsx";

interface Props {
  readonly alert: Alert;
  readonly now: number;
  readonly mayAct: boolean;
  readonly actions: AlertActions;
  readonly onShow: (alert: Alert) => void;
}

export function AlertItem({ alert, now, mayAct, actions, onShow }: Props) {
  const [refusal, setRefusal] = useState<string | null>(null);
  const [resolving, setResolving] = useState(false);
  const since = (at: number | null) => age(at === null ? null : now - at);

  async function resolve(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const note = String(new FormData(event.currentTarget).get("note")).trim();
    const said = await actions.resolve(alert.id, note);
    setRefusal(said);
    if (said === null) setResolving(false);
  }

  return (
    <li className="alert" data-severity={alert.severity} data-waiting={needsSomebody(alert)}>
      <p className="alert-head">
        <b>{alert.severity}</b> {alert.rule}
        <time dateTime={alert.opened_at === null ? undefined : new Date(alert.opened_at).toISOString()}>{utcTime(alert.opened_at)}</time>
      </p>
      <button type="button" className="alert-subject" onClick={() => onShow(alert)}>
        {alertTitle(alert)}
      </button>
      <p className="alert-facts">
        {alert.latitude === null ? "place unknown" : position(alert.latitude, alert.longitude)} · {alert.role}
        {alert.station !== null && ` · first heard by ${alert.station}`} · began {since(alert.opened_at)} ago, last {since(alert.last_at)}{" "}
        ago
        {alert.count !== null && 1 < alert.count && ` (${alert.count} times)`}
      </p>
      <p className="alert-facts">
        {alert.acknowledged_by !== null && `Acknowledged by ${alert.acknowledged_by}. `}
        {alert.state === "resolved" && (alert.resolved_by === null ? "Over by itself" : `Resolved by ${alert.resolved_by}`)}
        {alert.state === "resolved" && ` ${since(alert.resolved_at)} ago. `}
        {alert.note !== null && `“${alert.note}”`}
      </p>
      {mayAct && (
        <div className="alert-actions">
          {alert.state === "open" && (
            <button type="button" onClick={() => void actions.acknowledge(alert.id).then(setRefusal)}>
              Acknowledge
            </button>
          )}
          {!resolving && (
            <button type="button" onClick={() => setResolving(true)}>
              Resolve …
            </button>
          )}
        </div>
      )}
      {resolving && (
        <form className="alert-actions" onSubmit={(event) => void resolve(event)}>
          <label>
            <span className="hidden">Why it is over</span>
            <input name="note" placeholder="Why it is over" maxLength={1_000} autoComplete="off" />
          </label>
          <button type="submit">Resolve</button>
          <button type="button" onClick={() => setResolving(false)}>
            Keep
          </button>
        </form>
      )}
      {refusal !== null && (
        <p className="alert-refusal" role="alert">
          {refusal}
        </p>
      )}
    </li>
  );
}
