/** People showing each emotion over time, stacked. */
import uPlot from "uplot";
import { LABELS } from "./contract";
import { clock, day, moment, t } from "./i18n";
import { COLOURS } from "./palette";
import type { Stretch } from "./series";

/** Seconds between the marks of time: they are named by the minute. */
const TICKS = [1, 2, 5, 10, 15, 30, 60, 120, 240, 720, 1440].map((minutes) => minutes * 60);
/** Seconds; marks that are so far apart name the day. */
const DAY = 86_400;
const LAYERS = [...LABELS].reverse(); // unsure lowest, angry on top, as the legend is read

/** The columns that uPlot draws: seconds, and the layers added up from the lowest; null where nothing is told. */
export function stack(stretches: Stretch[]): [number[], ...(number | null)[][]] {
  const columns: (number | null)[][] = LAYERS.map(() => []);
  const people: (number | null)[] = [];
  for (const stretch of stretches) {
    let sum = 0;
    LAYERS.forEach((label, layer) => {
      const value = stretch.labels[LABELS.indexOf(label)];
      sum += value ?? 0;
      columns[layer]!.push(value === null || value === undefined ? null : sum);
    });
    people.push(stretch.people);
  }
  return [stretches.map((stretch) => stretch.start / 1000), ...columns, people];
}

export class Chart {
  private readonly plot: uPlot;
  private readonly watcher: ResizeObserver;
  private shaded: Shade[] = [];

  constructor(private readonly host: HTMLElement) {
    const ink = () => getComputedStyle(host).getPropertyValue("--ink").trim();
    const line = () => getComputedStyle(host).getPropertyValue("--line").trim();
    const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line }, font: "14px system-ui, sans-serif" };
    this.plot = new uPlot(
      {
        width: Math.max(200, host.clientWidth),
        height: 320,
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: true }, y: { range: (_plot, _low, high) => [0, Math.max(5, Math.ceil((high || 0) * 1.1))] } },
        axes: [{ ...axis, incrs: TICKS, space: 70, values: (_plot, ticks, _axis, _space, apart) => ticks.map((tick) => mark(tick * 1000, apart)) }, axis],
        series: [
          {},
          ...LAYERS.map((label) => ({ stroke: COLOURS[label], width: 1, fill: COLOURS[label], points: { show: false } })),
          { stroke: ink, width: 2, points: { show: false } },
        ],
        hooks: { drawClear: [(plot) => this.shade(plot)] },
        bands: LAYERS.slice(1).map((label, index) => ({ series: [index + 2, index + 1] as [number, number], fill: COLOURS[label] })),
      },
      stack([]),
      host,
    );
    this.watcher = new ResizeObserver(() => {
      this.plot.setSize({ width: Math.max(200, host.clientWidth), height: Math.max(240, Math.min(520, host.clientWidth * 0.45)) });
    });
    this.watcher.observe(host);
    host.setAttribute("role", "img");
  }

  /** `width`: length of a stretch, milliseconds. */
  show(stretches: Stretch[], width: number, from: number, until: number): void {
    this.shaded = shades(stretches, width);
    this.plot.batch(() => {
      this.plot.setData(stack(stretches), false);
      this.plot.setScale("x", { min: from / 1000, max: until / 1000 });
    });
    const gaps = stretches.some((stretch) => stretch.covered > 0 && stretch.people === null) ? t("chart_gaps") : "";
    this.host.setAttribute("aria-label", t("chart", { from: moment(from), until: moment(until), gaps }));
  }

  close(): void {
    this.watcher.disconnect();
    this.plot.destroy();
  }

  /** Mark the times whose emotions are withheld: paused in one colour, all others hatched. */
  private shade({ ctx, bbox, valToPos }: uPlot): void {
    const style = getComputedStyle(this.host);
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const { from, until, paused } of this.shaded) {
      const left = valToPos(from / 1000, "x", true);
      const right = valToPos(until / 1000, "x", true);
      ctx.fillStyle = paused ? style.getPropertyValue("--line").trim() : hatch(ctx, style.getPropertyValue("--soft").trim());
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
    }
    ctx.restore();
  }
}

interface Shade {
  from: number;
  until: number;
  paused: boolean;
}

/** The times whose emotions are withheld, those together that follow each other. */
export function shades(stretches: Stretch[], width: number): Shade[] {
  const found: Shade[] = [];
  for (const { start, why } of stretches) {
    if (!why) continue;
    const paused = why === "paused";
    const last = found.at(-1);
    if (last && last.until === start && last.paused === paused) last.until = start + width;
    else found.push({ from: start, until: start + width, paused });
  }
  return found;
}

const HATCH = 8;

/** Thin diagonal lines. */
function hatch(target: CanvasRenderingContext2D, colour: string): CanvasPattern | string {
  const tile = document.createElement("canvas");
  tile.width = tile.height = HATCH;
  const ctx = tile.getContext("2d")!;
  ctx.strokeStyle = colour;
  ctx.globalAlpha = 0.5;
  ctx.beginPath();
  for (const shift of [-HATCH, 0, HATCH]) {
    ctx.moveTo(shift, HATCH);
    ctx.lineTo(shift + HATCH, 0);
  }
  ctx.stroke();
  return target.createPattern(tile, "repeat") ?? "transparent";
}

/** What names a mark of time; the first of a day names the day. */
function mark(milliseconds: number, apart: number): string {
  const midnight = new Date(milliseconds);
  return apart >= DAY || (apart >= DAY / 6 && midnight.getHours() === 0) ? day(milliseconds) : clock(milliseconds);
}
