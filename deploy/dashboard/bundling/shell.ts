/** Writes `sw.js`: the service worker of `worker/worker.ts` with the names of all files of this release. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Plugin, transformWithEsbuild } from "vite";

const WORKER = new URL("../worker/worker.ts", import.meta.url);

export function shell(): Plugin {
  let publicFolder = "";
  return {
    name: "shell",
    apply: "build",
    enforce: "post",
    configResolved(config) {
      publicFolder = config.publicDir;
    },
    generateBundle: {
      order: "post",
      async handler(_options, bundle) {
        const files = new Map<string, string | Uint8Array>(copied(publicFolder));
        for (const [name, file] of Object.entries(bundle)) files.set(name, file.type === "chunk" ? file.code : file.source);
        const names = [...files.keys()].sort();
        const digest = createHash("sha256");
        for (const name of names) digest.update(name).update("\0").update(files.get(name)!);
        const define = { FILES: JSON.stringify(names), RELEASE: JSON.stringify(digest.digest("hex").slice(0, 16)) };
        const worker = await transformWithEsbuild(await readFile(WORKER, "utf8"), "worker.ts", { target: "es2022", format: "iife", minify: true, sourcemap: false, define });
        this.emitFile({ type: "asset", fileName: "sw.js", source: worker.code });
      },
    },
  };
}

/** What Vite copies as it is. */
function copied(folder: string): [string, Buffer][] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return [path.slice(folder.length + 1).replaceAll("\\", "/"), readFileSync(path)];
  });
}
