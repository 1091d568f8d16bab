/** What lives as long as the page: the picture, the server's clock and the link that feeds them. */
import { browserChat, browserWorld } from "../link/browser.ts";
import { ChatLink } from "../link/chat.ts";
import { Link } from "../link/link.ts";
import { ServerClock } from "../picture/clock.ts";
import { Picture } from "../picture/picture.ts";

export interface Session {
  readonly picture: Picture;
  readonly clock: ServerClock;
  readonly link: Link;
  readonly chat: ChatLink;
  readonly serverNow: () => number;
  readonly getJson: (path: string) => Promise<unknown>;
}

export function createSession(): Session {
  const picture = new Picture();
  const clock = new ServerClock();
  const link = new Link(browserWorld, picture, clock);
  const chat = new ChatLink(browserChat);
  return { picture, clock, link, chat, serverNow: () => clock.now(Date.now()), getJson: browserWorld.getJson };
}
