/** Pictures of the icon for systems that take no SVG, made from `public/icon.svg`. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { initWasm, Resvg } from "@resvg/resvg-wasm";
import type { Plugin } from "vite";

/** The colour on which the icon stands, where a system cuts it to a shape of its own. */
const GROUND = "#0b4f7a";
/** Of 32 units of the icon, so that nothing of it is cut off: W3C asks for a circle of 80 % of the width. */
const MARGIN = 3;

interface Icon {
  name: string;
  pixels: number;
  /** Whether the system cuts it to a shape. */
  cut: boolean;
}

const ICONS: Icon[] = [
  { name: "icon-180.png", pixels: 180, cut: true },
  { name: "icon-192.png", pixels: 192, cut: false },
  { name: "icon-512.png", pixels: 512, cut: false },
  { name: "icon-maskable-512.png", pixels: 512, cut: true },
];

/** WebAssembly, so that every machine makes the same bytes. */
export function icons(): Plugin {
  return {
    name: "icons",
    apply: "build",
    async generateBundle() {
      await ready();
      const svg = await readFile(new URL("../public/icon.svg", import.meta.url), "utf8");
      for (const icon of ICONS) this.emitFile({ type: "asset", fileName: icon.name, source: draw(svg, icon) });
    },
  };
}

let started: Promise<void> | undefined;

/** The library starts once in a process. */
function ready(): Promise<void> {
  const file = createRequire(import.meta.url).resolve("@resvg/resvg-wasm/index_bg.wasm");
  started ??= readFile(file).then((wasm) => initWasm(wasm));
  return started;
}

function draw(svg: string, { pixels, cut }: Icon): Uint8Array {
  const box = `viewBox="${-MARGIN} ${-MARGIN} ${32 + 2 * MARGIN} ${32 + 2 * MARGIN}"`;
  const source = cut ? svg.replace('viewBox="0 0 32 32"', box) : svg;
  return new Resvg(source, { fitTo: { mode: "width", value: pixels }, ...(cut ? { background: GROUND } : {}) }).render().asPng();
}
