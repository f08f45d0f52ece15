import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { icons } from "./bundling/icons";
import { shell } from "./bundling/shell";

/** Mosquitto hands out files without a Content-Type, and browsers run such a file only as a classic script. */
const classicScript: Plugin = {
  name: "classic-script",
  transformIndexHtml: {
    order: "post",
    handler: (html, context) => (context.bundle ? html.replace('type="module" crossorigin', "defer").replace(' crossorigin href="./assets', ' href="./assets') : html),
  },
};

export default defineConfig({
  base: "./", // any folder of any web server
  plugins: [classicScript, icons(), shell()],
  build: {
    outDir: "bundle/page", // in git, so that a school without Node can serve it
    target: "es2022",
    assetsInlineLimit: 0, // the Content-Security-Policy allows no data: addresses
    chunkSizeWarningLimit: 600, // kB; a test bounds what is shipped, compressed
    modulePreload: false,
    cssCodeSplit: false, // otherwise a script of this format brings its styles itself, which the policy forbids
    rollupOptions: { output: { format: "iife" } },
  },
  // Five seconds, the default, are not enough on a machine that is busy with other tests.
  test: { setupFiles: ["tests/english.ts"], testTimeout: 60_000, hookTimeout: 60_000 },
});
