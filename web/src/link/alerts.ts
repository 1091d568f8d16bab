/**
 * The alerts outside React: the list of those that are not resolved, kept by the feed; while that is down, asked for.
 *
 * ```text
 *   start ─► feed: the whole list with every change ── lost ──► GET alerts, wait (back-off) ─► feed
 * ```
 *
 * What it needs from outside comes in as `AlertWorld`.
 */
import {
  type Alert,
  type AlertList,
  type AlertRule,
  type Backtest,
  needsSomebody,
  parseAlert,
  parseAlertList,
  parseAlerts,
  parseBacktest,
  parseRule,
  parseRules,
} from "../contract/alerts.ts";
import { type Account, type Refusal, refusalOf } from "./account.ts";
import { backoffMs } from "./backoff.ts";
import { Listened, parseJson } from "./listened.ts";

export interface AlertWorld {
  now(): number;
  random(): number;
  after(ms: number, run: () => void): () => void;
  getJson(path: string): Promise<unknown>;
  openAlerts(onMessage: (text: string) => void, onClose: () => void): () => void;
}

const LISTED = 200;
const EMPTY: AlertList = { old: false, more: false, alerts: [] };

export class AlertLink extends Listened {
  readonly #world: AlertWorld;
  readonly #account: Account;
  #list: AlertList | null = null;
  #heardAt: number | null = null;
  #live = false;
  #attempt = 0;
  /** Counts beginnings: an answer for an older one is dropped. */
  #life = 0;
  #cancel: () => void = () => {};
  #close: () => void = () => {};

  constructor(world: AlertWorld, account: Account) {
    super();
    this.#world = world;
    this.#account = account;
  }

  /** Null: not known, or there are none here (a station's own page). */
  get list(): AlertList | null {
    return this.#list;
  }

  /** Changes come as they happen. */
  get live(): boolean {
    return this.#live;
  }

  /** When the list was last known to be true, on the browser's clock. */
  get heardAt(): number | null {
    return this.#heardAt;
  }

  /** Distress that nobody takes care of yet. */
  get waiting(): readonly Alert[] {
    return (this.#list ?? EMPTY).alerts.filter(needsSomebody);
  }

  start(): void {
    this.#life += 1;
    this.#cancel();
    this.#close();
    this.#attempt = 0;
    this.#open();
  }

  #open(): void {
    this.#close = this.#world.openAlerts(
      (text) => this.#take(text),
      () => void this.#lost(),
    );
  }

  #take(text: string): void {
    const list = parseAlertList(parseJson(text));
    if (list === null) return;
    this.#attempt = 0;
    this.#live = true;
    this.#keep(list);
  }

  #keep(list: AlertList): void {
    this.#list = list;
    this.#heardAt = this.#world.now();
    this.changed();
  }

  async #lost(): Promise<void> {
    const life = this.#life;
    this.#live = false;
    this.#cancel = this.#world.after(backoffMs(this.#attempt, this.#world.random()), () => this.#open());
    this.#attempt += 1;
    this.changed();
    const alerts = parseAlerts(await this.#world.getJson(`api/v1/alerts?state=active&limit=${LISTED}`).catch(() => null));
    if (life !== this.#life || this.#live || alerts === null) return;
    this.#keep({ old: false, more: LISTED <= alerts.length, alerts });
  }

  /** Somebody takes care of it. */
  acknowledge(id: number): Promise<Refusal> {
    return this.#act(id, "acknowledge", {});
  }

  /** It is over. */
  resolve(id: number, note: string): Promise<Refusal> {
    return this.#act(id, "resolve", note === "" ? {} : { note });
  }

  #act(id: number, what: string, body: unknown): Promise<Refusal> {
    const done = this.#account.send("POST", `api/v1/alerts/${id}/${what}`, body).then((answer) => {
      // Shown at once; the feed says the same.
      const now = parseAlert(answer);
      if (now === null || this.#list === null) return;
      const others = this.#list.alerts.map((alert) => (alert.id === id ? now : alert));
      this.#keep({ ...this.#list, alerts: others.filter((alert) => alert.state !== "resolved") });
    });
    return refusalOf(done);
  }

  /** The last that were resolved; null: no answer. */
  async resolved(): Promise<readonly Alert[] | null> {
    return parseAlerts(await this.#world.getJson("api/v1/alerts?state=resolved&limit=100").catch(() => null));
  }

  /** Null: no answer. */
  async rules(): Promise<readonly AlertRule[] | null> {
    return parseRules(await this.#world.getJson("api/v1/alert-rules").catch(() => null));
  }

  /** The rule as it is then; a string says why not. */
  async enable(rule: AlertRule, enabled: boolean): Promise<AlertRule | string> {
    return this.#answer(this.#account.send("PATCH", `api/v1/alert-rules/${rule.id}`, { enabled }), parseRule);
  }

  /** What the rule would have raised in the last hours. */
  async backtest(rule: AlertRule, hours: number): Promise<Backtest | string> {
    const until = this.#world.now();
    const at = (ms: number) => new Date(ms).toISOString();
    const body = { rule: rule.wire, since: at(until - hours * 3_600_000), until: at(until) };
    return this.#answer(this.#account.send("POST", "api/v1/alert-rules/backtest", body), parseBacktest);
  }

  async #answer<T>(sent: Promise<unknown>, parse: (value: unknown) => T | null): Promise<T | string> {
    const held: { answer: unknown } = { answer: null };
    const refusal = await refusalOf(
      sent.then((answer) => {
        held.answer = answer;
      }),
    );
    return refusal ?? parse(held.answer) ?? "The server's answer is not what was expected";
  }
}
