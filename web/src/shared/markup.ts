/** The little Markdown that the chat shows: lines, list items, bold, italics and code. Anything else stays the text that it is; there are no links. */

export interface Piece {
  readonly kind: "text" | "strong" | "em" | "code";
  readonly text: string;
}

export interface Line {
  readonly item: boolean;
  readonly pieces: readonly Piece[];
}

const INLINE = /\*\*(.+?)\*\*|\*(.+?)\*|`([^`]+)`/g;
const ESCAPED = /\\([\\`*_[\]<>|#!])/g;

export function markup(text: string): readonly Line[] {
  return text.split("\n").map((line) => {
    const item = /^\s*[-*] /.test(line);
    return { item, pieces: inline(item ? line.replace(/^\s*[-*] /, "") : line.replace(/^#+ /, "")) };
  });
}

/** An escaped sign becomes one of a private area while the rest is read, so that it begins nothing. */
function inline(text: string): readonly Piece[] {
  const hidden = text.replace(ESCAPED, (_, sign: string) => String.fromCharCode(0xe000 + sign.charCodeAt(0)));
  const shown = (part: string) => part.replace(/[\ue000-\ue07f]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xe000));
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of hidden.matchAll(INLINE)) {
    if (end < match.index) pieces.push({ kind: "text", text: shown(hidden.slice(end, match.index)) });
    const [, strong, em, code] = match;
    const kind = strong !== undefined ? "strong" : em !== undefined ? "em" : "code";
    pieces.push({ kind, text: shown(strong ?? em ?? code ?? "") });
    end = match.index + match[0].length;
  }
  if (end < hidden.length) pieces.push({ kind: "text", text: shown(hidden.slice(end)) });
  return pieces;
}
