/** Who is logged in, for all that ask the server for something. What it needs from outside comes in as `AccountWorld`. */
import { NOBODY, parseWho, type Who } from "../contract/account.ts";
import { Listened } from "./listened.ts";

export interface AccountWorld {
  getJson(path: string): Promise<unknown>;
  /** Resolves to the answer, rejects with an Error whose message is the server's sentence. */
  send(method: Method, path: string, body: unknown, csrf: string | null): Promise<unknown>;
}

export type Method = "POST" | "PUT" | "PATCH";

/** Null when it worked, else the sentence that says why not. */
export type Refusal = string | null;

export class Account extends Listened {
  readonly #world: AccountWorld;
  #who = NOBODY;

  constructor(world: AccountWorld) {
    super();
    this.#world = world;
  }

  get who(): Who {
    return this.#who;
  }

  /** Asks who we are. Without an answer nobody is somebody else than before. */
  async refresh(): Promise<Who> {
    const answer = await this.#world.getJson("api/v1/auth/session").catch(() => null);
    if (answer !== null) {
      this.#who = parseWho(answer);
      this.changed();
    }
    return this.#who;
  }

  /** A write in the name of whoever is logged in; rejects with the server's sentence. */
  async send(method: Method, path: string, body: unknown): Promise<unknown> {
    return this.#world.send(method, path, body, this.#who.csrf);
  }

  /** Ends the session. The server forgets it first: when that fails, we are still logged in, and say so. */
  async logOut(): Promise<Refusal> {
    const refusal = await refusalOf(this.send("POST", "api/v1/auth/logout", {}));
    if (refusal === null) {
      this.#who = NOBODY;
      this.changed();
    }
    return refusal;
  }
}

/** What became of a write. */
export async function refusalOf(done: Promise<unknown>): Promise<Refusal> {
  try {
    await done;
    return null;
  } catch (error) {
    // A request that got no answer fails with the browser's own words.
    const said = error instanceof Error && error.name === "Error" ? error.message : "";
    return said === "" ? "No answer from the server" : said;
  }
}
