/** A second lesson beside the one that is shown. */
import { Course } from "./course";
import type { Device } from "./device";
import { h, hide, say } from "./dom";
import type { Detail } from "./groups";
import { dayName, t } from "./i18n";
import type { HubLessons } from "./lessons";
import { Past } from "./past";
import { Picker } from "./picker";
import type { History } from "./way";

export class Comparison {
  private readonly picker: Picker;
  private readonly past: Past;
  private readonly heading = h("h2", {});
  private course: Course | undefined;
  private readonly place = h("div", {});
  readonly choice: HTMLDetailsElement;
  readonly element = h("div", { class: "second", hidden: true }, this.heading, this.place);

  constructor(
    private readonly device: Device,
    history: History,
    lessons: HubLessons,
    private readonly changed: () => void,
  ) {
    this.past = new Past(device, history, () => this.changed());
    this.picker = new Picker(device, lessons, (from, until) => this.choose(from, until), changed);
    this.choice = h("details", { class: "compare", toggle: () => this.toggle() }, h("summary", {}, t("compare")), this.picker.element);
  }

  /** Most people that its chart shows; 0 where there is none. */
  get highest(): number {
    return this.course?.highest ?? 0;
  }

  /** `floor`: number of people that the axis reaches at least. */
  draw(now: number, detail: Detail, floor: number): void {
    if (this.choice.open) this.picker.draw();
    if (!this.course || this.element.hidden) return;
    this.past.recall(this.course.period, now);
    this.course.detail = detail;
    this.course.floor = floor;
    this.course.draw();
  }

  close(): void {
    this.course?.close();
  }

  private choose(from: number, until: number): void {
    const period = { kind: "past", from, until } as const;
    if (!this.course) {
      this.course = new Course(this.device, this.past, true, period);
      this.place.append(this.course.element);
    }
    this.course.period = period;
    say(this.heading, `${dayName(from)}, ${this.picker.title(from, until) ?? ""}`.replace(/, $/, ""));
    this.picker.show([from, until]);
    hide(this.element, false);
    this.changed();
  }

  private toggle(): void {
    hide(this.element, !this.choice.open || !this.course);
    this.changed();
  }
}
