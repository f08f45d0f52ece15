/** Plays a lesson: a cursor moves through its chart, and what the chart says of that moment stands beside it. */
import type { Course } from "./course";
import { h, hide, say } from "./dom";
import { t } from "./i18n";
import { MINUTE } from "./period";

/** Times as fast as the lesson was. */
const SPEEDS = [10, 60];
/** Milliseconds between two places of the cursor. */
const TICK = 100;

export class Replay {
  private readonly play = h("button", { type: "button", class: "moving", click: () => this.toggle() });
  private readonly next = h("button", { type: "button", class: "still", click: () => this.seek(this.time + MINUTE) }, t("replay_step"));
  private readonly slider = h("input", { type: "range", "aria-label": t("replay_moment"), input: () => this.seek(Number(this.slider.value)), keydown: (event) => this.key(event) });
  private readonly speed = h("select", { class: "moving", "aria-label": t("replay_speed") }, ...SPEEDS.map((times) => h("option", { value: times }, t("replay_times", { times }))));
  private readonly words = h("p", { class: "note" });
  readonly element = h("div", { class: "replay", role: "group", "aria-label": t("replay"), hidden: true }, h("div", { class: "controls" }, this.play, this.next, this.slider, this.speed), this.words);
  private readonly still = matchMedia("(prefers-reduced-motion: reduce)");
  private timer: number | undefined;
  /** Milliseconds since 1970. */
  private time = 0;
  /** When the cursor was moved last, milliseconds of `performance.now`. */
  private moved = 0;
  private shown = "";

  constructor(private readonly course: Course) {
    this.name();
  }

  /** Bring it up to date with the chart; hidden where the chart shows no lesson, or nothing of it. */
  draw(): void {
    const { drawn, period } = this.course;
    const shown = period.kind === "past" && drawn.steps.length > 0;
    hide(this.element, !shown);
    if (!shown) {
      this.stop();
      return;
    }
    const key = `${period.from} ${period.until}`;
    const bounds = { min: drawn.from, max: drawn.until, step: drawn.width };
    for (const [name, value] of Object.entries(bounds)) this.slider.setAttribute(name, String(value));
    if (key === this.shown) return;
    this.shown = key;
    this.stop();
    this.place(drawn.from);
    say(this.words, "");
  }

  close(): void {
    this.stop();
  }

  private get playing(): boolean {
    return this.timer !== undefined;
  }

  private toggle(): void {
    if (this.playing) {
      this.stop();
      return;
    }
    if (this.still.matches) return;
    const { from, until } = this.course.drawn;
    if (this.time >= until) this.place(from);
    this.moved = performance.now();
    this.timer = window.setInterval(() => this.tick(), TICK);
    this.name();
  }

  private tick(): void {
    const now = performance.now();
    const passed = now - this.moved;
    this.moved = now;
    const time = this.time + passed * Number(this.speed.value);
    this.seek(time);
    if (time >= this.course.drawn.until || this.still.matches) this.stop();
  }

  /** Go to a moment of the lesson, and say what the chart says of it. */
  private seek(time: number): void {
    this.place(time);
    // At the very end, what it ended with.
    const read = Math.min(this.time, this.course.drawn.until - 1);
    this.course.follow(read);
    const words = this.course.words(read);
    say(this.words, words);
    this.slider.setAttribute("aria-valuetext", words);
  }

  private place(time: number): void {
    const { from, until } = this.course.drawn;
    this.time = Math.max(from, Math.min(until, time));
    this.slider.value = String(this.time);
  }

  private stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.name();
  }

  private name(): void {
    say(this.play, t(this.playing ? "replay_stop" : "replay_play"));
  }

  /** The slider takes the arrow keys itself. */
  private key(event: Event): void {
    if (!(event instanceof KeyboardEvent) || event.key !== " ") return;
    event.preventDefault();
    this.toggle();
  }
}
