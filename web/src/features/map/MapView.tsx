/** The map in the page: owns one `MapEngine` and passes it what the panels chose. */
import "maplibre-gl/dist/maplibre-gl.css";
import "./map.css";
import { useEffect, useRef } from "react";
import type { ConsoleInfo } from "../../contract/messages.ts";
import type { Subject } from "../../contract/track.ts";
import type { Picture } from "../../picture/picture.ts";
import type { TrailMode } from "./canvas/renderer.ts";
import { type Choices, MapEngine } from "./engine.ts";
import { Legend } from "./Legend.tsx";

interface Props {
  readonly picture: Picture;
  readonly serverNow: () => number;
  readonly info: ConsoleInfo | null;
  readonly choices: Choices;
  readonly onTrails: (mode: TrailMode) => void;
  readonly onSelect: (subject: Subject | null) => void;
  readonly onEngine: (engine: MapEngine | null) => void;
}

export function MapView({ picture, serverNow, info, choices, onTrails, onSelect, onEngine }: Props) {
  const container = useRef<HTMLElement>(null);
  const engine = useRef<MapEngine | null>(null);

  useEffect(() => {
    if (container.current === null) return;
    const made = new MapEngine(container.current, picture, serverNow, { onSelect });
    engine.current = made;
    onEngine(made);
    return () => {
      made.dispose();
      engine.current = null;
      onEngine(null);
    };
  }, [picture, serverNow, onSelect, onEngine]);

  useEffect(() => engine.current?.choose(choices), [choices]);

  useEffect(() => {
    if (info !== null) engine.current?.place(info);
  }, [info]);

  return (
    <>
      <section ref={container} className="map" aria-label="Map of the tracks; the same tracks are in the list" />
      <Legend trails={choices.trails} onTrails={onTrails} />
    </>
  );
}
