/** A second lesson beside the one that is shown. */
import type { Time } from "./address";
import { Course } from "./course";
import type { Device } from "./device";
import { h, hide, say } from "./dom";
import { clock, dayName, reason, t } from "./i18n";
import type { HubLessons } from "./lessons";
import { Past } from "./past";
import { MINUTE } from "./period";
import { Picker } from "./picker";
import { comparison } from "./sentences";
import type { History } from "./way";
import { weekBefore } from "./zone";

/** What goes on, and what failed, is read again after this time. */
const READ_EVERY = MINUTE;

export class Comparison {
  private readonly picker: Picker;
  private readonly past: Past;
  private readonly heading = h("h2", {});
  private course: Course | undefined;
  private readonly place = h("div", {});
  private readonly list = h("ul", { class: "differences", "aria-label": t("differences") });
  /** What is shown beside it; undefined: no lesson. */
  private first: Time | undefined;
  /** Which two times the list is of. */
  private asked = "";
  /** When it is read again. */
  private again = Infinity;
  readonly choice: HTMLDetailsElement;
  readonly element = h("div", { class: "second", hidden: true }, this.heading, this.place);

  constructor(
    private readonly device: Device,
    history: History,
    private readonly lessons: HubLessons,
    private readonly changed: () => void,
    private readonly chosen: () => void,
  ) {
    this.past = new Past(device, history, () => this.changed());
    this.picker = new Picker(device, lessons, (from, until) => this.choose(from, until), changed);
    this.choice = h("details", { class: "compare", toggle: () => this.toggle() }, h("summary", {}, t("compare")), this.picker.element, this.list);
  }

  /** The time of the lesson beside the one that is shown; undefined: there is none. */
  get second(): Time | undefined {
    const period = this.choice.open ? this.course?.period : undefined;
    return period?.kind === "past" ? [period.from, period.until] : undefined;
  }

  /** Show the lesson that an address names; undefined: it names none. */
  go(second: Time | undefined): void {
    if (second?.join() === this.second?.join()) return;
    if (second) this.see(...second);
    this.choice.open = second !== undefined;
  }

  /** Most people that its chart shows; 0 where there is none. */
  get highest(): number {
    return this.course?.highest ?? 0;
  }

  /** `beside`: what it is drawn like: the same groups, in the same order, on the same axis. */
  draw(now: number, beside: Course): void {
    if (this.choice.open) this.picker.draw();
    if (!this.course || this.element.hidden) return;
    say(this.heading, this.title());
    this.compare(now);
    this.past.recall(this.course.period, now);
    this.course.detail = beside.detail;
    this.course.lead = beside.order;
    this.course.floor = beside.highest;
    this.course.draw();
  }

  close(): void {
    this.picker.close();
    this.course?.close();
  }

  /** Compare with the lesson that is shown; undefined: none is. */
  beside(first: Time | undefined): void {
    this.first = first;
  }

  private choose(from: number, until: number): void {
    this.see(from, until);
    this.chosen();
  }

  private see(from: number, until: number): void {
    const period = { kind: "past", from, until } as const;
    if (!this.course) {
      this.course = new Course(this.device, this.past, true, period);
      this.place.append(this.course.element);
    }
    this.course.period = period;
    this.picker.show([from, until]);
    hide(this.element, false);
    this.changed();
  }

  /** At first, the lesson of the week before: the same period, for whom the timetable has not changed. */
  private toggle(): void {
    if (this.choice.open && !this.course && this.first) {
      const [from, until] = this.first.map(weekBefore) as Time;
      this.see(from, until);
    }
    hide(this.element, !this.choice.open || !this.course);
    this.changed();
    this.chosen();
  }

  private title(): string {
    const { from, until } = this.course!.period as { from: number; until: number };
    return `${dayName(from)}, ${this.picker.title(from, until) ?? `${clock(from)}–${clock(until)}`}`;
  }

  private compare(now: number): void {
    const { period } = this.course!;
    const wanted = this.first && period.kind === "past" ? `${this.device.room} ${this.first.join()} ${period.from} ${period.until}` : "";
    if (wanted === this.asked && now < this.again) return;
    if (wanted !== this.asked) this.list.replaceChildren();
    this.asked = wanted;
    this.again = now + READ_EVERY;
    if (this.first && period.kind === "past") void this.read(this.first, [period.from, period.until], wanted);
  }

  private async read(first: Time, second: Time, wanted: string): Promise<void> {
    let lines: string[];
    try {
      const facts = await this.lessons.differences(this.device, first, second);
      if (wanted === this.asked && !facts.some(({ code }) => code === "goes_on")) this.again = Infinity;
      lines = comparison(facts);
    } catch (error) {
      lines = [t("history_failed", { why: reason(error) })];
    }
    if (wanted === this.asked) this.list.replaceChildren(...lines.map((each) => h("li", {}, each)));
  }
}
