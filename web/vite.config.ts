/** How the console is built and served while developing. `base: "./"` keeps every address relative, so that it also works behind a path prefix. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** `npm run dev` shows the picture of a station or central on this machine, or of the fixture server when VTOC_API says so. */
const api = process.env["VTOC_API"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "./",
  plugins: [react()],
  server: { proxy: { "/api": { target: api, ws: true } } },
  test: { include: ["{src,basemap}/**/*.test.{ts,tsx}"], testTimeout: 60_000 },
  build: { target: "es2022", assetsInlineLimit: 0, chunkSizeWarningLimit: 1400, modulePreload: { polyfill: false } },
});
