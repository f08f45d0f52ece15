/** The course of a room: chart, numbers at a moment, each group by itself, and what is missing and why. */
import { type Band, bands, type KnownPause, lengths, title } from "./bands";
import { Chart, type Mark } from "./chart";
import { CourseTable } from "./coursetable";
import type { Device } from "./device";
import { h, hide, say } from "./dom";
import { alike, colour, type Detail, type Key, name, strongest, value } from "./groups";
import { amount, clock, moment, number, second, t } from "./i18n";
import { Legend } from "./legend";
import { Multiples } from "./multiples";
import type { Past } from "./past";
import { blockOf, endOf, isLong, isOver, length, MINUTE, type Period, visible } from "./period";
import { Reading } from "./reading";
import { average, type Step, type Stretch, steps } from "./stretch";
import type { Former } from "./usual";
import { counted, people } from "./words";

/** Intervals after which a record is missing. */
const OVERDUE = 3;

/** What is drawn now. */
export interface Drawn {
  stretches: Stretch[];
  width: number;
  steps: Step[];
  bands: Band[];
  from: number;
  until: number;
}

export class Course {
  private readonly plot = h("div", { class: "plot" });
  private readonly chart = new Chart(this.plot);
  private readonly legend = new Legend((key) => this.isolate(key));
  private readonly multiples = new Multiples();
  private readonly gaps = h("ul", { class: "gaps", "aria-label": t("chart_gaps") });
  /** How far the averages of a lesson that is over may be off. */
  private readonly wrong = h("p", { class: "note wrong" });
  private readonly note = h("p", { class: "note kept" });
  private readonly hint = h("p", { class: "note hint" }, t("chart_hint"));
  private readonly table = new CourseTable(() => this.draw());
  private readonly reading: Reading;
  readonly element: HTMLElement;
  readonly below: HTMLElement;
  detail: Detail = "few";
  drawn: Drawn = { stretches: [], width: MINUTE, steps: [], bands: [], from: 0, until: 1000 };
  marks: readonly Mark[] = [];
  pauses: readonly KnownPause[] = [];
  former: Former | undefined;
  /** Number of people that the axis reaches at least. */
  floor = 0;
  /** Called with the time that somebody reads. */
  onRead: (time: number) => void = () => undefined;
  /** The groups, the lowest of the chart first. */
  order: readonly Key[] = [];
  /** The order of another chart beside it, where there is one. */
  lead: readonly Key[] = [];
  private only: Key | undefined;
  private readAt: number | undefined;

  constructor(
    private readonly device: Device,
    private readonly past: Past,
    private readonly kept: boolean,
    public period: Period,
  ) {
    this.plot.setAttribute("aria-label", t("chart"));
    this.reading = new Reading(this.plot, this.chart, {
      times: () => this.drawn.steps.map((step) => step.from),
      holding: (time) => this.at(time)?.from ?? time,
      read: (time) => {
        this.readAt = time;
        this.readOut();
        if (time !== undefined) this.onRead(time);
      },
      pick: (time, height) => this.pick(time, height),
      words: (time) => this.words(time),
    });
    this.element = h("div", { class: "course" }, this.legend.element, this.plot, this.gaps, this.wrong);
    this.below = h("div", {}, h("h2", {}, t("each")), this.multiples.element, this.hint, this.note, this.table.element);
  }

  /** Most people that the chart shows. */
  get highest(): number {
    return Math.max(0, ...this.drawn.steps.map(({ mean }) => mean.people ?? 0));
  }

  /** What the chart's legend says, for a picture of it. */
  get key(): { colour: string; words: string }[] {
    return (this.only ? [this.only] : this.order).map((key) => ({ colour: colour(key), words: name(key, this.detail) }));
  }

  get canvas(): HTMLCanvasElement | undefined {
    return this.chart.canvas;
  }

  /** Take in what changed, and draw it. */
  draw(): void {
    this.drawn = this.see();
    const { steps: all, bands: found, from, until } = this.drawn;
    this.order = alike(strongest(all.map(({ mean }) => mean), this.detail, this.order), this.lead);
    if (this.only && !this.order.includes(this.only)) this.only = undefined;
    this.paint();
    this.multiples.show({ steps: all, bands: found, from, until, former: this.former }, this.order, this.detail);
    this.explain(found);
    this.table.show(this.drawn);
    hide(this.hint, all.length === 0);
    say(this.note, this.past.problem ? t("history_failed", { why: this.past.problem.replace(/\.$/, "") }) : t(this.kept ? "history_hub" : "history_note"));
  }

  /** Draw the chart for a sheet of paper, or for the screen. */
  fit(width?: number, height?: number): void {
    this.chart.fit(width, height);
    this.paint();
  }

  close(): void {
    this.chart.close();
  }

  private paint(): void {
    const { steps: all, bands: found, from, until } = this.drawn;
    this.chart.show({ steps: all, bands: found, from, until, order: this.order, only: this.only, marks: this.marks, former: this.former, floor: this.floor });
    this.reading.draw();
    this.readOut();
  }

  private see(): Drawn {
    const { period, device } = this;
    const { latest } = device;
    const now = Math.max(Date.now(), latest?.end ?? 0);
    const end = endOf(period, now);
    const { stretches: known, width } = this.past.course(period, end);
    const patience = OVERDUE * Math.max(latest ? latest.end - latest.start : 0, width);
    const recorded = known.findLast(({ covered }) => covered > 0);
    const heard = latest?.end ?? (recorded ? recorded.start + width : now); // of a device that is off only its records are known
    const overdue = isOver(period, now) || now - heard > patience;
    const stretches = visible(known, overdue);
    const found = bands(stretches, width, overdue, device.circumstances, this.pauses);
    const [begin, close] = period.kind === "past" ? [period.from, period.until] : [end - length(period), end]; // where nothing is drawn
    const first = stretches[0]?.start ?? begin;
    const last = stretches.at(-1)?.start;
    return { stretches, width, steps: steps(stretches, width, Math.max(width, blockOf(period))), bands: found, from: first, until: last === undefined ? close : last + width };
  }

  /** Say the numbers of the moment that is read; else averages of all that is over, or the latest ones of what goes on. */
  private readOut(): void {
    const { steps: all } = this.drawn;
    const over = isOver(this.period, Date.now());
    const mean = over ? this.whole() : undefined;
    const wrong = mean?.people && mean.error !== null ? t("uncertainty", { error: number(mean.error), people: amount(mean.people) }) : "";
    hide(this.wrong, !wrong);
    say(this.wrong, wrong);
    if (this.readAt === undefined && over) {
      const { from, until } = this.drawn;
      this.legend.show(this.order, this.detail, this.only, mean ? t("average_of", { from: clock(from), until: clock(until) }) : t("no_numbers_over"), mean);
      return;
    }
    const step = this.readAt === undefined ? all.at(-1) : this.at(this.readAt);
    const words = this.readAt === undefined ? t("no_numbers") : this.nothing(this.readAt);
    this.legend.show(this.order, this.detail, this.only, step ? this.when(step) : words, step?.mean);
  }

  /** The averages of all that is drawn: emotions over the time for which each was published, as the summary has them. */
  private whole(): Stretch | undefined {
    const known = this.drawn.stretches.filter(({ people: all }) => all !== null);
    if (known.length === 0) return undefined;
    const { labels, other } = average(known.filter((each) => each.why !== "above_max_share" && each.other === null && !each.labels.includes(null)));
    return { ...average(known), labels, other };
  }

  private at(time: number): Step | undefined {
    return this.drawn.steps.find(({ from, until }) => from <= time && time < until);
  }

  private nothing(time: number): string {
    const band = this.drawn.bands.find(({ from, until }) => from <= time && time < until);
    return t("replay_nothing", { time: clock(time), why: band ? title(band) : t("brief_no_records") });
  }

  private when({ from, until }: Step): string {
    if (until - from < MINUTE) return t("mean_of", { from: second(from), until: second(until) });
    const named = isLong(this.period) ? moment : clock;
    return t("mean_of", { from: named(from), until: clock(until) });
  }

  /** Move the cursor to a time, milliseconds since 1970. */
  follow(time: number): void {
    this.reading.follow(time);
  }

  /** What the chart says of a time, with how far it may be off; or why it says nothing. */
  words(time: number): string {
    const step = this.at(time);
    if (!step) return this.nothing(time);
    const parts = this.order.map((key) => `${name(key, this.detail)} ${people(value(step.mean, key))}`);
    const error = step.mean.error === null ? [] : [t("error_brief", { error: number(step.mean.error) })];
    return [t("named", { name: this.when(step), text: t("people", { people: counted(step.mean.people) }) }), ...parts, ...error].join("; ");
  }

  private isolate(key: Key | undefined): void {
    this.only = key;
    this.paint();
  }

  /** Show the group alone that lies at a time and a number of people; all of them where none does, or one is alone already. */
  private pick(time: number, height: number): void {
    const mean = this.drawn.steps.find(({ from, until }) => from <= time && time < until)?.mean;
    let below = 0;
    const hit = mean && !this.only ? this.order.find((key) => {
      below += value(mean, key) ?? 0;
      return height < below && height >= 0;
    }) : undefined;
    this.isolate(hit);
  }

  /** Say for how long numbers are missing, and why. */
  private explain(found: Band[]): void {
    const words = lengths(found);
    hide(this.gaps, words.length === 0);
    const texts = words.map((each) => (each.reason === "above_max_share" ? `${each.words}. ${t("why_above_max_share")}` : each.words));
    if (this.gaps.textContent === texts.join("")) return;
    this.gaps.replaceChildren(...words.map(({ reason }, place) => h("li", {}, h("span", { class: `mark ${reason}`, "aria-hidden": "true" }), texts[place]!)));
  }
}
