/** Files that the page makes: a table of the course, and a picture of the chart. */
import { title } from "./bands";
import type { Drawn } from "./course";
import { LABELS } from "./contract";
import { h } from "./dom";
import { t } from "./i18n";

/** A table (RFC 4180) of what was published, each stretch as it is in the table of the page, with times in UTC. */
export function csv({ stretches, width, bands }: Drawn): string {
  const head = ["start", "end", "people", ...LABELS, "other", "emotions_error", "without_numbers"];
  const rows = stretches.map(({ start, people, labels, other, error }) => {
    const band = bands.find(({ from, until }) => from <= start && start < until);
    const times = [start, start + width].map((time) => new Date(time).toISOString().replace(".000", ""));
    const numbers = [people, ...labels, other, error].map((value) => (value === null ? "" : value.toFixed(2).replace(/\.?0+$/, "")));
    return [...times, ...numbers, band ? title(band) : ""];
  });
  return [head, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

/** In quotes, and so that no spreadsheet takes it for a formula. */
function cell(text: string): string {
  return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}

/** The chart with its title, its legend and the notice below. */
export function picture(canvas: HTMLCanvasElement, heading: string, legend: { colour: string; words: string }[], letter: number): HTMLCanvasElement {
  const sheet = h("canvas", {});
  const size = letter * devicePixelRatio;
  sheet.width = canvas.width;
  const ctx = sheet.getContext("2d")!;
  const font = (weight: string) => `${weight} ${size}px system-ui, sans-serif`;
  ctx.font = font("");
  const notice = wrap(ctx, t("legal"), sheet.width - 2 * size);
  sheet.height = canvas.height + size * (4.5 + 1.4 * notice.length);
  ctx.fillStyle = "#ffffff";
  ctx.fillRect(0, 0, sheet.width, sheet.height);
  ctx.fillStyle = "#15202b";
  ctx.font = font("bold");
  ctx.fillText(heading, size, 1.6 * size);
  ctx.drawImage(canvas, 0, 2.2 * size);
  ctx.font = font("");
  let left = size;
  const line = canvas.height + 3.4 * size;
  for (const { colour, words } of legend) {
    ctx.fillStyle = colour;
    ctx.fillRect(left, line - 0.8 * size, 0.9 * size, 0.9 * size);
    ctx.fillStyle = "#15202b";
    ctx.fillText(words, left + 1.3 * size, line);
    left += 2.5 * size + ctx.measureText(words).width;
  }
  for (const [place, words] of notice.entries()) ctx.fillText(words, size, line + 1.5 * size + 1.4 * size * place);
  return sheet;
}

function wrap(ctx: CanvasRenderingContext2D, text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (ctx.measureText(longer).width > width && lines.at(-1)) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/** Let the browser keep a file; `name` may be what a broker said. */
export function save(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  h("a", { href: url, download: name.replace(/[^\p{L}\p{N}. _-]/gu, "_") }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
