import { describe, expect, it } from "vitest";
import { NOBODY, parseWho } from "./account.ts";
import { parseChannels, parseFrame, parseMessages } from "./chat.ts";

const message = {
  id: 7,
  channel_id: 1,
  thread_id: null,
  reply_to: null,
  author_kind: "person",
  author: "operator:anna",
  author_name: "Anna",
  text: "x".repeat(300),
  created_at: "2026-11-23T00:00:00Z",
};

describe("the chat's contract", () => {
  it("takes what is right and leaves out what is not", () => {
    const channel = { id: 1, slug: "general", name: "General", station: null, unread: 2, last_message_id: null, last_read_id: 3 };
    expect(parseChannels([channel, { id: "1" }, null])).toEqual([channel]);
    expect(parseChannels({})).toBeNull();
    expect(parseMessages([message, { ...message, id: 3 }, { ...message, text: 5 }])?.map((one) => one.id)).toEqual([3, 7]);
    expect(parseFrame({ type: "message", message })).toMatchObject({
      type: "message",
      message: { id: 7, created_at: Date.UTC(2026, 10, 23) },
    });
    expect(parseFrame({ type: "hello", cursor: 9 })).toEqual({ type: "hello", cursor: 9 });
    for (const wrong of [null, "x", { type: "message" }, { type: "hello" }, { type: "bye" }]) expect(parseFrame(wrong)).toBeNull();
  });

  it("knows who may speak", () => {
    const anna = {
      reading: "required",
      login: "anna",
      name: "Anna",
      grade: "operator",
      csrf_token: "c",
      scopes: ["read", "telemetry:write"],
    };
    expect(parseWho(anna)).toMatchObject({ login: "anna", name: "Anna", csrf: "c", maySpeak: true, mayCommand: false, required: true });
    expect(parseWho({ reading: "open", login: null, scopes: ["read"] })).toMatchObject({ login: null, maySpeak: false, required: false });
    expect(parseWho("x")).toEqual(NOBODY);
  });
});
