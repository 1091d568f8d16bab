/** The rules: on or off, and what each would have raised of late. */
import { useEffect, useState } from "react";
import type { AlertRule, Backtest } from "../../contract/alerts.ts";
import { utcTime, withUnit } from "../../shared/format.ts";
import type { AlertActions } from "./AlertPanel.tsx";

const HOURS = 24;
const SHOWN = 10;
const GRAVE = ["ais_distress", "emergency"];

interface Props {
  readonly actions: AlertActions;
  readonly mayCommand: boolean;
}

export function RuleList({ actions, mayCommand }: Props) {
  const [rules, setRules] = useState<readonly AlertRule[] | null>(null);
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    let wanted = true;
    void actions.rules().then((answer) => {
      if (!wanted) return;
      setAsked(true);
      setRules(answer);
    });
    return () => {
      wanted = false;
    };
  }, [actions]);
  if (rules === null) return <p className="alerts-hint">{asked ? "No answer from the server" : "Asking …"}</p>;
  const put = (rule: AlertRule) => setRules(rules.map((one) => (one.id === rule.id ? rule : one)));
  return (
    <>
      {!mayCommand && <p className="alerts-hint">Changing and testing rules needs a commander's login.</p>}
      <ul className="alerts-list">
        {rules.map((rule) => (
          <Rule key={rule.id} rule={rule} actions={actions} mayCommand={mayCommand} onChange={put} />
        ))}
      </ul>
    </>
  );
}

function Rule(props: Props & { readonly rule: AlertRule; readonly onChange: (rule: AlertRule) => void }) {
  const { rule, actions, mayCommand, onChange } = props;
  const [busy, setBusy] = useState(false);
  const [answer, setAnswer] = useState<Backtest | string | null>(null);
  const [sure, setSure] = useState(true);
  const grave = GRAVE.includes(rule.kind);

  async function enable(enabled: boolean): Promise<void> {
    // Without it nobody is told of a distress: asked once more.
    if (!enabled && grave && sure) {
      setSure(false);
      return;
    }
    setBusy(true);
    const said = await actions.enable(rule, enabled);
    setBusy(false);
    setSure(true);
    setAnswer(typeof said === "string" ? said : null);
    if (typeof said !== "string") onChange(said);
  }

  async function test(): Promise<void> {
    setBusy(true);
    setAnswer(await actions.backtest(rule, HOURS));
    setBusy(false);
  }

  return (
    <li className="alert" data-severity={rule.enabled ? rule.severity : "off"}>
      <p className="alert-head">
        <b>{rule.severity}</b> {rule.name}
      </p>
      <p className="alert-facts">
        {rule.kind.replaceAll("_", " ")}
        {rule.built_in && " · built in"}
      </p>
      <div className="alert-actions">
        <label>
          <input
            type="checkbox"
            checked={rule.enabled}
            disabled={!mayCommand || busy}
            onChange={(event) => void enable(event.currentTarget.checked)}
          />{" "}
          {rule.enabled ? "On" : "Off"}
        </label>
        {mayCommand && (
          <button type="button" disabled={busy} onClick={() => void test()}>
            Test on the last {HOURS} h
          </button>
        )}
      </div>
      {!sure && (
        <div className="alert-actions" role="alert">
          Nobody will be told of a distress by this rule.
          <button type="button" onClick={() => void enable(false)}>
            Switch it off
          </button>
          <button type="button" onClick={() => setSure(true)}>
            Keep it on
          </button>
        </div>
      )}
      {typeof answer === "string" && (
        <p className="alert-refusal" role="alert">
          {answer}
        </p>
      )}
      {answer !== null && typeof answer !== "string" && <Result result={answer} />}
    </li>
  );
}

function Result({ result }: { readonly result: Backtest }) {
  return (
    <div className="alert-facts" role="status">
      Would have raised <b>{result.raised}</b> of {withUnit(result.events, "events")}
      {result.cut && `, judged up to ${utcTime(result.judgedUntil)} only`}
      <ul>
        {result.alerts.slice(0, SHOWN).map((one) => (
          <li key={`${one.subject} ${one.opened_at}`}>
            {utcTime(one.opened_at)} {one.subject}
          </li>
        ))}
        {SHOWN < result.raised && <li>and {result.raised - SHOWN} more</li>}
      </ul>
    </div>
  );
}
