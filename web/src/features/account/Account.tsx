/** Who is logged in, what they may do, and the way out; or the way in. */
import "./account.css";
import { useState } from "react";
import type { Who } from "../../contract/account.ts";

interface Props {
  readonly who: Who;
  readonly onLogIn: () => void;
  /** The answer is null when it worked, else the sentence to show. */
  readonly onLogOut: () => Promise<string | null>;
}

export function Account({ who, onLogIn, onLogOut }: Props) {
  const [refusal, setRefusal] = useState<string | null>(null);
  if (who.login === null) {
    return (
      <div className="account">
        <button type="button" onClick={onLogIn}>
          Log in
        </button>
      </div>
    );
  }
  const sees = who.roles.length === 3 ? "all roles" : who.roles.join(", ");
  return (
    <div className="account">
      <span title={`Logged in as ${who.login}: ${who.grade ?? "no grade"}, sees ${sees}`}>
        <b>{who.name}</b> {who.grade}
      </span>
      <button type="button" onClick={() => void onLogOut().then(setRefusal)}>
        Log out
      </button>
      {refusal !== null && <em role="alert">Still logged in: {refusal}</em>}
    </div>
  );
}
