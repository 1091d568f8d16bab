/** The console's invariants as a test: who may import whom, and how long a file may be. */
import fs from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

const SRC = import.meta.dirname;
const MAX_LINES = 400;

const files = fs
  .readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(ts|tsx)$/.test(name))
  .map((name) => ({ name, text: fs.readFileSync(path.join(SRC, name), "utf8") }));
const sources = files.filter(({ name }) => !name.includes(".test."));

function imports({ name, text }: { name: string; text: string }): string[] {
  const found = [...text.matchAll(/^(?:import|export)[^"']*from "(\.[^"]+)"/gm), ...text.matchAll(/^import "(\.[^"]+)"/gm)];
  return found.map((match) => path.join(path.dirname(name), match[1] ?? ""));
}

/** The layers from the ground up: a file imports only from its own folder and from those before it. */
const LAYERS = ["contract", "shared", "picture", "link", "features", "app"];

describe("the console", () => {
  it("is built in layers", () => {
    for (const file of sources.filter(({ name }) => name.includes("/"))) {
      const own = LAYERS.indexOf(file.name.split("/")[0] ?? "");
      expect(own, file.name).toBeGreaterThanOrEqual(0);
      for (const target of imports(file)) {
        const other = LAYERS.indexOf(target.split("/")[0] ?? "");
        expect(other, `${file.name} imports ${target}`).toBeLessThanOrEqual(own);
      }
    }
  });

  it("has features that know nothing of each other", () => {
    for (const file of sources.filter(({ name }) => name.startsWith("features/"))) {
      const own = file.name.split("/")[1];
      for (const target of imports(file).filter((name) => name.startsWith("features/"))) {
        expect(target.split("/")[1], `${file.name} imports ${target}`).toBe(own);
      }
    }
  });

  it("has no barrel files", () => {
    for (const { name, text } of sources) {
      expect(path.basename(name), name).not.toMatch(/^index\./);
      expect(text, name).not.toMatch(/^export (\*|\{[^}]*\} from)/m);
    }
  });

  it("names a library in one place only", () => {
    const users = (library: string) =>
      sources.filter(({ text }) => text.includes(`from "${library}"`)).map(({ name }) => name.split("/").slice(0, 2).join("/"));
    expect(new Set(users("maplibre-gl"))).toEqual(new Set(["features/map"]));
  });

  it("has no test equipment in what is shipped", () => {
    for (const file of sources) for (const target of imports(file)) expect(target, file.name).not.toContain("sample-track");
  });

  it("has short files that say what they are", () => {
    for (const { name, text } of files) {
      expect(text.split("\n").length, name).toBeLessThan(MAX_LINES);
      if (!name.includes(".test.")) expect(text, name).toMatch(/^\/\*\*/);
    }
  });

  it("asks nobody outside: no address of another machine in the sources", () => {
    for (const { name, text } of sources) expect(text, name).not.toMatch(/\b(https?|wss?):\/\//);
  });
});
