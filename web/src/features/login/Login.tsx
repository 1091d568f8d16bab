/** The way in, shown when the server answers only to those who log in. The password goes into the one request, and is kept nowhere. */
import "./login.css";
import { type FormEvent, useState } from "react";

interface Props {
  /** The answer is null when it worked, else the sentence to show. */
  readonly onLogin: (login: string, password: string) => Promise<string | null>;
  /** The name of the other way in, and what is said of it when it failed; null: there is none. */
  readonly elsewhere: string | null;
  /** Null: there is nothing to see without. */
  readonly onCancel: (() => void) | null;
}

export function Login({ onLogin, elsewhere, onCancel }: Props) {
  const [refusal, setRefusal] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    setBusy(true);
    const said = await onLogin(String(data.get("login")), String(data.get("password")));
    setBusy(false);
    setRefusal(said);
    if (said !== null) form.querySelector<HTMLInputElement>("[name=password]")?.select();
  }

  return (
    <div className="login" role="dialog" aria-modal="true" aria-label="Log in">
      <form onSubmit={(event) => void submit(event)}>
        <h2>Log in to vTOC</h2>
        <label>
          Login
          <input name="login" autoComplete="username" autoCapitalize="none" spellCheck={false} required />
        </label>
        <label>
          Password
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        {refusal !== null && <p role="alert">{refusal}</p>}
        <button type="submit" disabled={busy}>
          Log in
        </button>
        {elsewhere !== null && (
          <a className="login-elsewhere" href="api/v1/auth/oidc/login">
            Log in with {elsewhere}
          </a>
        )}
        {onCancel !== null && (
          <button type="button" onClick={onCancel}>
            Cancel
          </button>
        )}
      </form>
    </div>
  );
}
