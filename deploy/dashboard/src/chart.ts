/** People showing each emotion over time, stacked. */
import uPlot from "uplot";
import { LABELS } from "./contract";
import { clock, t } from "./i18n";
import { COLOURS } from "./palette";
import type { Stretch } from "./series";

/** Seconds between the marks of time: they are named by the minute. */
const TICKS = [1, 2, 5, 10, 15, 30, 60, 120, 240].map((minutes) => minutes * 60);
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
        axes: [{ ...axis, incrs: TICKS, space: 70, values: (_plot, ticks) => ticks.map((tick) => clock(tick * 1000)) }, axis],
        series: [
          {},
          ...LAYERS.map((label) => ({ stroke: COLOURS[label], width: 1, fill: COLOURS[label], points: { show: false } })),
          { stroke: ink, width: 2, points: { show: false } },
        ],
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

  show(stretches: Stretch[], from: number, until: number): void {
    this.plot.batch(() => {
      this.plot.setData(stack(stretches), false);
      this.plot.setScale("x", { min: from / 1000, max: until / 1000 });
    });
    const gaps = stretches.some((stretch) => stretch.covered > 0 && stretch.people === null) ? t("chart_gaps") : "";
    this.host.setAttribute("aria-label", t("chart", { from: clock(from), until: clock(until), gaps }));
  }

  close(): void {
    this.watcher.disconnect();
    this.plot.destroy();
  }
}
