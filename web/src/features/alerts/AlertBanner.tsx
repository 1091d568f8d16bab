/** Distress that nobody takes care of yet: a bar over the whole page until somebody does. */
import "./alerts.css";
import { useState } from "react";
import { type Alert, alertTitle } from "../../contract/alerts.ts";
import { age } from "../../shared/format.ts";

interface Props {
  readonly waiting: readonly Alert[];
  readonly now: number;
  readonly mayAct: boolean;
  readonly onShow: (alert: Alert) => void;
  /** The answer is null when it worked, else the sentence to show. */
  readonly onAcknowledge: (id: number) => Promise<string | null>;
  readonly onAll: () => void;
}

const SHOWN = 3;

export function AlertBanner({ waiting, now, mayAct, onShow, onAcknowledge, onAll }: Props) {
  const [refusal, setRefusal] = useState<string | null>(null);
  if (waiting.length === 0) return null;
  return (
    <section className="alert-banner" role="alert" aria-label="Unacknowledged distress">
      <strong>{waiting.length} unacknowledged</strong>
      <ul>
        {waiting.slice(0, SHOWN).map((alert) => (
          <li key={alert.id}>
            <button type="button" onClick={() => onShow(alert)}>
              {alertTitle(alert)} <span>{age(alert.opened_at === null ? null : now - alert.opened_at)}</span>
            </button>
            {mayAct && (
              <button type="button" className="alert-banner-take" onClick={() => void onAcknowledge(alert.id).then(setRefusal)}>
                Acknowledge<span className="hidden"> {alertTitle(alert)}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
      <button type="button" onClick={onAll}>
        {SHOWN < waiting.length ? `and ${waiting.length - SHOWN} more` : "All alerts"}
      </button>
      {!mayAct && <em>Acknowledging needs an operator's login</em>}
      {refusal !== null && <em>{refusal}</em>}
    </section>
  );
}
