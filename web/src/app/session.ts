/** What lives as long as the page: the picture, the server's clock and the link that feeds them. */
import { Account } from "../link/account.ts";
import { AlertLink } from "../link/alerts.ts";
import { browserAccount, browserAlerts, browserChat, browserWorld } from "../link/browser.ts";
import { ChatLink } from "../link/chat.ts";
import { Link } from "../link/link.ts";
import { ServerClock } from "../picture/clock.ts";
import { Picture } from "../picture/picture.ts";

export interface Session {
  readonly picture: Picture;
  readonly clock: ServerClock;
  readonly link: Link;
  readonly account: Account;
  readonly chat: ChatLink;
  readonly alerts: AlertLink;
  readonly serverNow: () => number;
  readonly getJson: (path: string) => Promise<unknown>;
}

export function createSession(): Session {
  const picture = new Picture();
  const clock = new ServerClock();
  const link = new Link(browserWorld, picture, clock);
  const account = new Account(browserAccount);
  const chat = new ChatLink(browserChat, account);
  const alerts = new AlertLink(browserAlerts, account);
  return { picture, clock, link, account, chat, alerts, serverNow: () => clock.now(Date.now()), getJson: browserWorld.getJson };
}
