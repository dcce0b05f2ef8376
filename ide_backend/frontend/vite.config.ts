import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// `TACTUS_IDE` is the address that `tactus ide --no-open` prints, for `npm run dev`.
const server = process.env.TACTUS_IDE;

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../static",
    emptyOutDir: true,
    target: ["chrome123", "firefox121", "safari17.5"],
    // Nothing inline: the page's content security policy allows neither data: nor inline code.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1000,
  },
  server: server
    ? { proxy: { "/api": { target: server, changeOrigin: true, headers: { origin: server } } } }
    : {},
});
