import { describe, expect, it } from "vitest";
import { Account, type AccountWorld } from "./account.ts";
import { ChatLink, type ChatWorld } from "./chat.ts";

const channel = (id: number, unread = 0) => ({
  id,
  slug: `c${id}`,
  name: `C${id}`,
  station: null,
  unread,
  last_message_id: 10,
  last_read_id: 9,
});
const message = (id: number, channelId: number, author = "operator:bob", threadId: number | null = null) => ({
  id,
  channel_id: channelId,
  thread_id: threadId,
  reply_to: null,
  author_kind: "person",
  author,
  author_name: author,
  text: `text ${id}`,
  created_at: "2026-11-23T00:00:00Z",
});

class World implements ChatWorld, AccountWorld {
  readonly feeds: { after: number | null; onMessage: (text: string) => void; onClose: () => void }[] = [];
  readonly sent: unknown[][] = [];
  readonly timers: (() => void)[] = [];
  answers: Record<string, unknown> = {
    "api/v1/auth/session": { login: "anna", csrf_token: "c", scopes: ["read", "telemetry:write"] },
    "api/v1/chatkit/channels": [channel(1), channel(2, 3)],
    "api/v1/chatkit/messages?channel=1&limit=100": [message(10, 1), message(9, 1)],
  };
  random() {
    return 0.5;
  }
  after(_: number, run: () => void) {
    this.timers.push(run);
    return () => this.timers.splice(this.timers.indexOf(run), 1);
  }
  newId() {
    return "id";
  }
  async getJson(path: string) {
    if (!(path in this.answers)) throw new Error("404");
    return this.answers[path];
  }
  async send(...what: unknown[]): Promise<unknown> {
    this.sent.push(what);
    return {};
  }
  openFeed(after: number | null, onMessage: (text: string) => void, onClose: () => void) {
    this.feeds.push({ after, onMessage, onClose });
    return () => {};
  }
  tell(value: unknown) {
    this.feeds.at(-1)?.onMessage(JSON.stringify({ type: "message", message: value }));
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

async function started() {
  const world = new World();
  const chat = new ChatLink(world, new Account(world));
  chat.start();
  await settled();
  return { world, chat };
}

describe("the chat's link", () => {
  it("counts what is unread, and not one's own", async () => {
    const { world, chat } = await started();
    expect([chat.unread, world.feeds[0]?.after]).toEqual([3, 10]);
    world.tell(message(11, 1));
    world.tell(message(12, 1, "operator:anna"));
    expect(chat.channels?.map((one) => one.unread)).toEqual([1, 3]);
    await chat.open(1);
    expect(chat.messages.map((one) => one.id)).toEqual([9, 10]);
    expect([chat.unread, world.sent.at(-1)?.[1]]).toEqual([3, "api/v1/chatkit/channels/1/read"]);
    world.tell(message(13, 1));
    world.tell(message(13, 1));
    expect([chat.messages.map((one) => one.id), chat.unread]).toEqual([[9, 10, 13], 3]);
  });

  it("goes on after the last message when the feed was lost", async () => {
    const { world } = await started();
    world.tell(message(17, 2));
    world.feeds[0]?.onMessage("garbage");
    world.feeds[0]?.onClose();
    world.timers.at(-1)?.();
    expect(world.feeds.map((feed) => feed.after)).toEqual([10, 17]);
  });

  it("says things once, in the thread that is looked at", async () => {
    const { world, chat } = await started();
    await chat.open(1);
    world.answers["api/v1/chatkit/messages?thread=5&limit=100"] = [message(8, 1, "operator:bob", 5)];
    await chat.openThread(5);
    expect(chat.messages.map((one) => one.id)).toEqual([8]);
    expect(await chat.say("hello")).toBeNull();
    expect(world.sent.at(-1)).toEqual([
      "POST",
      "api/v1/chatkit/messages",
      { channel: 1, thread_id: 5, text: "hello", client_id: "id" },
      "c",
    ]);
    world.send = async () => {
      throw new Error("A viewer may not");
    };
    expect(await chat.say("again")).toBe("A viewer may not");
  });

  it("is absent where there is no chat, and looks again later", async () => {
    const world = new World();
    delete world.answers["api/v1/chatkit/channels"];
    const chat = new ChatLink(world, new Account(world));
    chat.start();
    await settled();
    expect([chat.channels, world.feeds.length]).toEqual([null, 0]);
    world.answers["api/v1/chatkit/channels"] = [channel(1)];
    world.timers.at(-1)?.();
    await settled();
    expect([chat.channels?.length, world.feeds.length]).toEqual([1, 1]);
  });

  it("begins threads, reacts, searches, and knows where reading stopped", async () => {
    const { world, chat } = await started();
    world.answers["api/v1/chatkit/channels/1/threads"] = [{ id: 4, kind: "mission", title: "Old" }, { id: "x" }];
    await chat.open(1);
    await settled();
    expect([chat.threads.map((one) => one.title), chat.firstUnread]).toEqual([["Old"], 10]);
    world.send = async (...what: unknown[]) => {
      world.sent.push(what);
      return String(what[1]).endsWith("/threads")
        ? { id: 5, kind: "talk", title: "New" }
        : { ...message(10, 1), reactions: { "👍": ["operator:anna"] } };
    };
    expect(await chat.beginThread("New")).toBeNull();
    expect([chat.thread, chat.threads.map((one) => one.id)]).toEqual([5, [5, 4]]);
    await chat.openThread(null);
    expect(await chat.react(10, "👍", true)).toBeNull();
    expect(world.sent.at(-1)).toEqual(["PUT", "api/v1/chatkit/messages/10/reactions", { reaction: "👍", present: true }, "c"]);
    expect(chat.messages.at(-1)?.reactions.get("👍")).toEqual(["operator:anna"]);
    world.answers["api/v1/chatkit/messages?q=mast%20down&limit=100"] = [message(7, 2), message(6, 1)];
    await chat.search("mast down");
    expect(chat.found?.map((one) => one.id)).toEqual([7, 6]);
    await chat.search("");
    expect(chat.found).toBeNull();
  });
});
