import { defineConfig } from "vite";

export default defineConfig({
  base: "./", // any folder of any web server
  build: {
    outDir: "bundle/page", // in git, so that a school without Node can serve it
    target: "es2022",
    assetsInlineLimit: 0, // the Content-Security-Policy allows no data: addresses
    modulePreload: { polyfill: false },
  },
});
