/** People over time in steps, stacked or one group alone; times without numbers are hatched and named. */
import uPlot from "uplot";
import type { Band } from "./bands";
import type { Key } from "./groups";
import { clock, day, second, t } from "./i18n";
import { alone, errorBand, fill, type Frame, outline, shade, stacked } from "./paint";
import type { Step } from "./stretch";
import { drawUsual, type Former, highestUsual } from "./usual";
import { otherZone, timeOf } from "./zone";

/** Seconds between the marks of time. */
const TICKS = [5, 10, 30, ...[1, 2, 5, 10, 15, 30, 60, 120, 240, 720, 1440].map((minutes) => minutes * 60)];
const WHOLE_PEOPLE = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
/** Seconds; marks that are so far apart name the day. */
const DAY = 86_400;
const LOWEST_TOP = 5;
/** Rows in which names of marks stand. */
const ROWS = 4;

/** A moment that somebody named, or at which the room changed. */
export interface Mark {
  at: number;
  text: string;
}

/** What is shown. */
export interface Picture {
  steps: Step[];
  bands: Band[];
  from: number;
  until: number;
  /** The lowest first. */
  order: readonly Key[];
  /** The one group that is shown. */
  only: Key | undefined;
  marks: readonly Mark[];
  former: Former | undefined;
  /** Number of people that the axis reaches at least. */
  floor: number;
}

export class Chart {
  private plot: uPlot | undefined;
  private size = "";
  private picture: Picture = { steps: [], bands: [], from: 0, until: 1000, order: [], only: undefined, marks: [], former: undefined, floor: 0 };
  private readonly watcher: ResizeObserver;

  constructor(private readonly host: HTMLElement) {
    this.watcher = new ResizeObserver(() => this.fit());
    this.watcher.observe(host);
  }

  show(picture: Picture): void {
    this.picture = picture;
    this.fit();
    this.plot?.batch((plot: uPlot) => {
      plot.setData([[picture.from / 1000, picture.until / 1000], [null, null]], false);
      plot.setScale("x", { min: picture.from / 1000, max: picture.until / 1000 });
      plot.setScale("y", { min: 0, max: this.top });
    });
  }

  close(): void {
    this.watcher.disconnect();
    this.plot?.destroy();
  }

  /** The canvas, for a picture of it. */
  get canvas(): HTMLCanvasElement | undefined {
    return this.plot?.ctx.canvas;
  }

  /** The time at a place of the screen, milliseconds since 1970. */
  timeAt(clientX: number): number {
    const { plot } = this;
    if (!plot) return this.picture.from;
    return plot.posToVal(clientX - plot.over.getBoundingClientRect().left, "x") * 1000;
  }

  /** The number of people at a height of the screen. */
  peopleAt(clientY: number): number {
    const { plot } = this;
    return plot ? plot.posToVal(clientY - plot.over.getBoundingClientRect().top, "y") : 0;
  }

  /** The element that covers the plotted times. */
  get surface(): HTMLElement | undefined {
    return this.plot?.over;
  }

  /** Share of the width at which a time lies. */
  share(milliseconds: number): number {
    return (milliseconds - this.picture.from) / (this.picture.until - this.picture.from);
  }

  private get top(): number {
    const { steps, only, floor, former } = this.picture;
    const layer = only && alone(only);
    const highest = steps.reduce((most, step) => Math.max(most, layer ? (layer.at(step)?.[1] ?? 0) + (step.mean.error ?? 0) : (step.mean.people ?? 0)), 0);
    return Math.max(LOWEST_TOP, Math.ceil(Math.max(highest, only ? 0 : floor, highestUsual(former, only)) * 1.12));
  }

  /** Make the plot anew where place or letters have another size. */
  fit(width = this.host.clientWidth, height = this.host.clientHeight): void {
    const letter = parseFloat(getComputedStyle(this.host).fontSize);
    const size = [width, height, letter].join();
    if (size === this.size || width === 0) return;
    this.size = size;
    this.plot?.destroy();
    const { from, until } = this.picture;
    this.plot = new uPlot(this.options(width, Math.max(120, height), letter), [[from / 1000, until / 1000], [null, null]], (plot, done) => {
      this.host.prepend(plot.root);
      done();
    });
  }

  private options(width: number, height: number, letter: number): uPlot.Options {
    const style = (name: string) => () => getComputedStyle(this.host).getPropertyValue(name).trim();
    const font = `${letter}px system-ui, sans-serif`;
    const axis = { stroke: style("--ink"), grid: { stroke: style("--line"), width: 1 }, ticks: { stroke: style("--line") }, font, labelFont: font, labelSize: letter * 1.5, labelGap: 0 };
    return {
      width,
      height,
      padding: [letter / 2, letter * 2, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      tzDate: localDate,
      scales: { x: { time: true, range: () => [this.picture.from / 1000, this.picture.until / 1000] }, y: { range: () => [0, this.top] } },
      axes: [
        { ...axis, label: t("time"), size: letter * 2.1, incrs: TICKS, space: letter * 4.5, values: (_plot, ticks, _axis, _space, apart) => ticks.map((tick) => mark(tick * 1000, apart)) },
        { ...axis, label: t("all"), size: letter * 2.6, incrs: WHOLE_PEOPLE, space: letter * 2 },
      ],
      series: [{}, { paths: () => null, points: { show: false } }],
      hooks: { draw: [(plot) => this.paint(plot, letter)] },
    };
  }

  private paint(plot: uPlot, letter: number): void {
    const { steps, bands, order, only, marks, former } = this.picture;
    const frame = frameOf(plot, letter, getComputedStyle(this.host));
    frame.ctx.save();
    frame.ctx.beginPath();
    frame.ctx.rect(frame.left, frame.top, frame.width, frame.height);
    frame.ctx.clip();
    for (const layer of only ? [alone(only)] : stacked(order)) fill(frame, steps, layer);
    if (only) errorBand(frame, steps, only);
    else outline(frame, steps, ({ mean }) => mean.people, frame.letter / 6);
    if (former) drawUsual(frame, former, only);
    shade(frame, bands, true);
    for (const [place, each] of marks.entries()) flag(frame, each, place % ROWS);
    frame.ctx.restore();
  }
}

function frameOf(plot: uPlot, letter: number, style: CSSStyleDeclaration): Frame {
  const { ctx, bbox } = plot;
  const read = (name: string) => style.getPropertyValue(name).trim();
  return {
    ctx,
    left: bbox.left,
    top: bbox.top,
    width: bbox.width,
    height: bbox.height,
    x: (milliseconds) => plot.valToPos(milliseconds / 1000, "x", true),
    y: (people) => plot.valToPos(people, "y", true),
    letter: letter * devicePixelRatio * 0.9,
    ink: read("--ink"),
    soft: read("--soft"),
    card: read("--card"),
    edge: read("--edge"),
  };
}

/** A line at a moment, with its name beside it; `row`: how far down, so that neighbours do not lie upon each other. */
function flag({ ctx, x, top, left, width, height, letter, ink, card }: Frame, { at, text }: Mark, row: number): void {
  const place = x(at);
  ctx.strokeStyle = ink;
  ctx.lineWidth = letter / 7;
  ctx.setLineDash([letter / 3, letter / 3]);
  ctx.beginPath();
  ctx.moveTo(place, top);
  ctx.lineTo(place, top + height);
  ctx.stroke();
  ctx.setLineDash([]);
  ctx.font = `${letter}px system-ui, sans-serif`;
  const length = ctx.measureText(text).width + letter;
  const begin = place + length > left + width ? Math.max(left, place - length) : place;
  const middle = top + (2.6 + 1.6 * row) * letter;
  ctx.fillStyle = card;
  ctx.fillRect(begin, middle - 0.7 * letter, length, 1.4 * letter);
  ctx.fillStyle = ink;
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  ctx.fillText(text, begin + letter / 2, middle);
}

/** A date whose local parts are those of the clock that is shown, so that marks of time lie at its full hours. */
function localDate(seconds: number): Date {
  const [date, zone] = [new Date(seconds * 1000), otherZone()];
  return zone === undefined ? date : uPlot.tzDate(date, zone);
}

/** What names a mark of time; the first of a day names the day. */
function mark(milliseconds: number, apart: number): string {
  if (apart < 60) return second(milliseconds);
  const midnight = timeOf(milliseconds) === "00:00";
  return apart >= DAY || (apart >= DAY / 6 && midnight) ? day(milliseconds) : clock(milliseconds);
}
