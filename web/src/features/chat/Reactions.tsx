/** How people reacted to a message, and one's own. */
import { useState } from "react";
import type { ChatMessage } from "../../contract/chat.ts";

const OFFERED = ["👍", "✅", "👀", "⚠️"];

interface Props {
  readonly message: ChatMessage;
  readonly self: string | null;
  readonly mayReact: boolean;
  readonly onReact: (id: number, reaction: string, present: boolean) => Promise<string | null>;
}

export function Reactions({ message, self, mayReact, onReact }: Props) {
  const [choosing, setChoosing] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  const given = [...message.reactions];
  if (given.length === 0 && !mayReact) return null;
  const react = (reaction: string, present: boolean) => {
    setChoosing(false);
    void onReact(message.id, reaction, present).then(setRefusal);
  };
  return (
    <div className="chat-reactions">
      {given.map(([reaction, authors]) => {
        const own = self !== null && authors.includes(self);
        return (
          <button
            key={reaction}
            type="button"
            aria-pressed={own}
            aria-label={`${reaction} by ${authors.join(", ")}`}
            title={authors.join(", ")}
            disabled={!mayReact}
            onClick={() => react(reaction, !own)}
          >
            {reaction} {authors.length}
          </button>
        );
      })}
      {mayReact && (
        <button type="button" aria-label="React" aria-expanded={choosing} onClick={() => setChoosing(!choosing)}>
          +
        </button>
      )}
      {choosing &&
        OFFERED.filter((reaction) => !message.reactions.get(reaction)?.includes(self ?? "")).map((reaction) => (
          <button key={reaction} type="button" aria-label={`React with ${reaction}`} onClick={() => react(reaction, true)}>
            {reaction}
          </button>
        ))}
      {refusal !== null && <span role="alert">{refusal}</span>}
    </div>
  );
}
