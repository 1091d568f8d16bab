/** The stations themselves: a small mast with its name, dim when it is offline. */
import type { Station } from "../../../contract/messages.ts";
import { mercatorX, mercatorY } from "../../../shared/mercator.ts";
import type { View } from "./renderer.ts";
import { screenX, screenY } from "./visible.ts";

const ONLINE = "#7fd8a8";
const OFFLINE = "#8597a6";
const MAST = new Path2D(
  "M0-2L4 8M0-2L-4 8M-2.4 4H2.4M0-2A1.6 1.6 0 1 0 0-5.2 1.6 1.6 0 1 0 0-2M-4-7.5A5.5 5.5 0 0 0-4 0M4-7.5A5.5 5.5 0 0 1 4 0",
);

export function drawStations(context: CanvasRenderingContext2D, stations: readonly Station[], view: View): void {
  context.lineWidth = 1.3;
  context.textBaseline = "top";
  context.textAlign = "center";
  context.font = '10px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
  for (const { name, lat, lon, online } of stations) {
    if (lat === null || lon === null) continue;
    const x = screenX(mercatorX(lon), view);
    const y = screenY(mercatorY(lat), view);
    const colour = online ? ONLINE : OFFLINE;
    context.translate(x, y);
    context.strokeStyle = colour;
    context.stroke(MAST);
    context.fillStyle = colour;
    context.fillText(online ? name : `${name} (offline)`, 0, 11);
    context.translate(-x, -y);
  }
  context.textAlign = "start";
}
