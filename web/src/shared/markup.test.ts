import { describe, expect, it } from "vitest";
import { markup } from "./markup.ts";

describe("the chat's Markdown", () => {
  it("knows lines, items, bold, italics and code", () => {
    expect(markup("**Timeline** of *alpha*\n- `icao:4840d6` up")).toEqual([
      {
        item: false,
        pieces: [
          { kind: "strong", text: "Timeline" },
          { kind: "text", text: " of " },
          { kind: "em", text: "alpha" },
        ],
      },
      {
        item: true,
        pieces: [
          { kind: "code", text: "icao:4840d6" },
          { kind: "text", text: " up" },
        ],
      },
    ]);
  });

  it("leaves what is escaped, and all else, as text", () => {
    const text = (line: string) => markup(line)[0]?.pieces.map((piece) => `${piece.kind}:${piece.text}`);
    expect(text("recon\\_sweep \\*not bold\\*")).toEqual(["text:recon_sweep *not bold*"]);
    expect(text("<img src=x onerror=alert(1)> [a](javascript:x)")).toEqual(["text:<img src=x onerror=alert(1)> [a](javascript:x)"]);
    expect(text("")).toEqual([]);
  });
});
