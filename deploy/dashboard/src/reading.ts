/** Reads the chart at a moment: by mouse, by touch, and by the arrow keys. */
import type { Chart } from "./chart";
import { h } from "./dom";

export interface Reader {
  /** Times at which something can be read, milliseconds since 1970, in order. */
  times(): number[];
  /** The time among these whose numbers hold at a time; the time itself where none do. */
  holding(time: number): number;
  /** Read at this time; undefined: no more. */
  read(time: number | undefined): void;
  /** A click at a time and a number of people. */
  pick(time: number, people: number): void;
  /** What is read, in words. */
  words(time: number): string;
}

/** Times that the page keys go on by. */
const LEAP = 5;

export class Reading {
  private time: number | undefined;
  private readonly line = h("div", { class: "cursor", hidden: true });

  constructor(
    private readonly host: HTMLElement,
    private readonly chart: Chart,
    private readonly reader: Reader,
  ) {
    host.setAttribute("role", "slider");
    host.tabIndex = 0;
    host.addEventListener("pointermove", (event) => this.point(event));
    host.addEventListener("pointerdown", (event) => this.point(event));
    host.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && document.activeElement !== host && this.set(undefined));
    host.addEventListener("click", (event) => {
      if (this.over(event)) reader.pick(chart.timeAt(event.clientX), chart.peopleAt(event.clientY));
    });
    host.addEventListener("keydown", (event) => this.key(event));
    host.addEventListener("focus", () => this.set(this.time ?? reader.times().at(-1)));
    host.addEventListener("blur", () => this.set(undefined));
  }

  /** Bring line and words up to date after the chart has changed. */
  draw(): void {
    const times = this.reader.times();
    const now = this.time ?? times.at(-1);
    const place = now === undefined ? 0 : times.findLastIndex((each) => each <= now);
    const values = { valuemin: 0, valuemax: Math.max(0, times.length - 1), valuenow: Math.max(0, place), valuetext: now === undefined ? "" : this.reader.words(now) };
    for (const [name, value] of Object.entries(values)) {
      if (this.host.getAttribute(`aria-${name}`) !== String(value)) this.host.setAttribute(`aria-${name}`, String(value));
    }
    const { surface } = this.chart;
    if (surface && this.line.parentElement !== surface) surface.append(this.line);
    this.line.hidden = this.time === undefined;
    if (this.time !== undefined) this.line.style.left = `${100 * this.chart.share(this.time)}%`;
  }

  /** Read at any time, also at one without numbers. */
  follow(time: number): void {
    this.set(time);
  }

  private set(time: number | undefined): void {
    if (time === this.time) return;
    this.time = time;
    this.reader.read(time);
    this.draw();
  }

  private over({ clientX, clientY }: MouseEvent): boolean {
    const box = this.chart.surface?.getBoundingClientRect();
    return box !== undefined && clientX >= box.left && clientX <= box.right && clientY >= box.top && clientY <= box.bottom;
  }

  private point(event: PointerEvent): void {
    if (this.over(event)) this.set(this.reader.holding(this.chart.timeAt(event.clientX)));
  }

  private key(event: KeyboardEvent): void {
    if (event.key === "Escape") this.reader.pick(Number.NaN, Number.NaN); // nothing lies there: all are shown again
    const times = this.reader.times();
    const last = times.length - 1;
    const place = this.time === undefined ? last : times.indexOf(nearest(times, this.time) ?? 0);
    const moves: Record<string, number> = { ArrowLeft: place - 1, ArrowDown: place - 1, ArrowRight: place + 1, ArrowUp: place + 1, PageDown: place - LEAP, PageUp: place + LEAP, Home: 0, End: last };
    const next = moves[event.key];
    if (next === undefined) return;
    event.preventDefault();
    this.set(times[Math.max(0, Math.min(last, next))]);
  }
}

function nearest(times: number[], time: number): number | undefined {
  return times.reduce<number | undefined>((best, each) => (best === undefined || Math.abs(each - time) < Math.abs(best - time) ? each : best), undefined);
}
