/** Who is logged in (`GET /api/v1/auth/session`), checked. Nobody is the safe reading of everything else. */
import { isRecord } from "./fields.ts";

export interface Who {
  /** Reading needs a login here. */
  readonly required: boolean;
  /** Null when nobody is logged in. */
  readonly login: string | null;
  readonly name: string | null;
  /** `viewer`, `operator`, `commander` or `admin`. */
  readonly grade: string | null;
  /** Of `ops`, `intel`, `logistics`: whose data is shown. */
  readonly roles: readonly string[];
  /** What a write must carry. */
  readonly csrf: string | null;
  /** Speak, react, acknowledge. */
  readonly maySpeak: boolean;
  /** Change alert rules. */
  readonly mayCommand: boolean;
  /** The name of the other way to log in, if there is one. */
  readonly elsewhere: string | null;
}

export const NOBODY: Who = {
  required: true,
  login: null,
  name: null,
  grade: null,
  roles: [],
  csrf: null,
  maySpeak: false,
  mayCommand: false,
  elsewhere: null,
};

/** `operator:anna`, as messages name their author. */
export function authorOf(who: Who): string | null {
  return who.login === null ? null : `operator:${who.login}`;
}

export function parseWho(value: unknown): Who {
  if (!isRecord(value)) return NOBODY;
  const text = (name: string) => (typeof value[name] === "string" && value[name] !== "" ? value[name] : null);
  const texts = (name: string) => (Array.isArray(value[name]) ? value[name].filter((item) => typeof item === "string") : []);
  const scopes = texts("scopes");
  const login = text("login");
  return {
    required: value["reading"] !== "open",
    login,
    name: text("name") ?? login,
    grade: text("grade"),
    roles: texts("station_roles"),
    csrf: text("csrf_token"),
    maySpeak: scopes.includes("telemetry:write"),
    mayCommand: scopes.includes("command"),
    elsewhere: text("oidc"),
  };
}
