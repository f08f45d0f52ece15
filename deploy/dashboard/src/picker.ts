/** The choice of a lesson: a day, and the lessons of that day by the timetable, or any time of it. */
import type { Device } from "./device";
import { h, hide, say } from "./dom";
import { clock, dayName, reason, t } from "./i18n";
import type { HubLessons, Lesson } from "./lessons";
import { DAY, MINUTE } from "./period";
import { dateOf, dayAfter, otherZone, timeAt, useZone } from "./zone";

const NOON = "12:00";
/** Milliseconds. A timetable that could not be read is asked for again after this time. */
const TRY_AGAIN = 2 * MINUTE;

export class Picker {
  private readonly day = h("input", { type: "date", "aria-label": t("date"), change: () => void this.turn() });
  private readonly name = h("span", { class: "dayname" });
  private readonly list = h("div", { class: "periods", role: "group", "aria-label": t("periods") });
  private readonly begin = h("input", { type: "time", "aria-label": t("from") });
  private readonly end = h("input", { type: "time", "aria-label": t("until") });
  private readonly zone = h("p", { class: "note", hidden: true });
  private readonly trouble = h("p", { class: "problem", role: "alert", hidden: true });
  readonly element: HTMLElement;
  private lessons: Lesson[] = [];
  /** The lessons of the day on which it is now, whatever day is shown; `again`: when they are asked for again. */
  private now = { asked: "", lessons: [] as Lesson[], again: 0 };
  private chosen: [number, number] | undefined;
  /** The period of the lesson that was shown last. */
  private period = "";
  private asked = "";
  private listed = "";
  private again = Number.POSITIVE_INFINITY;

  /** `choose` is called with the begin and the end of a time, milliseconds since 1970. */
  constructor(
    private readonly device: Device,
    private readonly source: HubLessons,
    private readonly choose: (from: number, until: number) => void,
    private readonly changed: () => void,
  ) {
    this.day.value = dateOf(Date.now());
    const button = (text: string, action: () => void) => h("button", { type: "button", click: action }, text);
    const step = (sign: string, label: string, days: number) => h("button", { type: "button", "aria-label": label, title: label, click: () => this.move(days) }, sign);
    this.element = h(
      "div",
      { class: "picker" },
      h("div", { class: "days" }, step("‹", t("day_before"), -1), this.day, step("›", t("day_after"), 1), this.name),
      this.list,
      h("details", { class: "owntime" }, h("summary", {}, t("own_time")), this.begin, "–", this.end, button(t("show"), () => this.own())),
      this.zone,
      this.trouble,
    );
  }

  /** The lesson that goes on now, milliseconds since 1970, also where another day is shown; undefined: none, or it is not known yet. */
  current(now: number): Lesson | undefined {
    const wanted = this.key(dateOf(now));
    if (wanted !== this.asked && (wanted !== this.now.asked || now > this.now.again)) void this.learn(wanted, now);
    return wanted === this.now.asked ? this.now.lessons.find(({ from, to }) => from <= now && now < to) : undefined;
  }

  /** What a time is called in the timetable. */
  title(from: number, until: number): string | undefined {
    const lesson = this.lessons.find((each) => each.from === from && each.to === until);
    return lesson && words(lesson);
  }

  /** Read the day's lessons if that was not done for the room as it is called now. */
  draw(): void {
    if (this.key(this.day.value) !== this.asked || Date.now() > this.again) void this.read();
  }

  /** Take no answer in any more: another room may be shown then, with a clock of its own. */
  close(): void {
    this.asked = "";
  }

  /** Mark what is shown; undefined: none of these. */
  show(chosen: [number, number] | undefined): void {
    if (chosen && dateOf(chosen[0]) !== this.day.value) {
      this.day.value = dateOf(chosen[0]);
      void this.read();
    }
    this.chosen = chosen;
    this.period = this.lessons.find((each) => each.from === chosen?.[0] && each.to === chosen?.[1])?.period ?? this.period;
    for (const [place, button] of [...this.list.querySelectorAll("button")].entries()) {
      const lesson = this.lessons[place];
      button.setAttribute("aria-pressed", String(lesson?.from === chosen?.[0] && lesson?.to === chosen?.[1]));
    }
  }

  private move(days: number): void {
    this.day.value = dayAfter(this.day.value || dateOf(Date.now()), days);
    void this.turn();
  }

  /** Show another day: the lesson of the same period, else the first one; what is shown has to be of the day that is named. */
  private async turn(): Promise<void> {
    const day = this.day.value;
    const period = this.period;
    await this.read();
    if (day !== this.day.value) return;
    const lesson = this.lessons.find((each) => each.period === period) ?? this.lessons[0];
    if (lesson) this.choose(lesson.from, lesson.to);
  }

  private async read(): Promise<void> {
    const day = this.day.value;
    if (!day) return;
    const asked = this.key(day);
    this.asked = asked;
    this.again = Number.POSITIVE_INFINITY;
    if (asked !== this.listed) {
      // Until the day's lessons are here, a click on those of another day would choose the wrong one.
      this.lessons = [];
      this.list.replaceChildren();
      this.listed = "";
    }
    say(this.name, dayName(timeAt(day, NOON)));
    try {
      const { zone, lessons, problem } = await this.source.timetable(this.device, day);
      if (asked !== this.asked) return;
      this.turnClock(zone);
      this.lessons = lessons;
      if (day === dateOf(Date.now())) this.now = { asked, lessons, again: Number.POSITIVE_INFINITY };
      this.complain(problem ? t("timetable_failed", { why: problem }) : "");
    } catch (error) {
      if (asked !== this.asked) return;
      this.lessons = [];
      this.again = Date.now() + TRY_AGAIN;
      this.complain(t("timetable_failed", { why: reason(error) }));
    }
    this.listed = asked;
    this.list.replaceChildren(...this.lessons.map((lesson) => h("button", { type: "button", click: () => this.choose(lesson.from, lesson.to) }, words(lesson))));
    if (this.lessons.length === 0) this.list.replaceChildren(t("no_lessons"));
    this.show(this.chosen && dateOf(this.chosen[0]) === day ? this.chosen : undefined);
    this.changed();
  }

  private key(day: string): string {
    return `${this.device.room} ${day}`;
  }

  /** Read the lessons of the day on which it is now. */
  private async learn(asked: string, now: number): Promise<void> {
    this.now = { asked, lessons: [], again: now + TRY_AGAIN };
    try {
      const { lessons } = await this.source.timetable(this.device, dateOf(now));
      if (asked === this.now.asked) this.now = { asked, lessons, again: Number.POSITIVE_INFINITY };
    } catch {
      // without it, a pause is offered for as long as a lesson is; it is asked for again
    }
  }

  /** Go by the clock of the room, where it may be another day. */
  private turnClock(wanted: string | null): void {
    const [before, today] = [otherZone(), dateOf(Date.now())];
    useZone(wanted);
    const zone = otherZone();
    hide(this.zone, zone === undefined);
    say(this.zone, zone === undefined ? "" : t("room_zone", { zone }));
    if (zone === before) return;
    if (this.chosen) this.day.value = dateOf(this.chosen[0]);
    else if (this.day.value === today) this.day.value = dateOf(Date.now());
  }

  private own(): void {
    const [from, until] = [this.begin, this.end].map(({ value }) => timeAt(this.day.value, value)) as [number, number];
    const wrong = !(until - from >= MINUTE && until - from <= DAY / 4);
    this.complain(wrong ? t("own_time_wrong") : "");
    if (!wrong) this.choose(from, until);
  }

  private complain(text: string): void {
    hide(this.trouble, !text);
    say(this.trouble, text);
  }
}

/** "3 Mathematics, 09:05–09:50". */
function words({ period, title, from, to }: Lesson): string {
  const name = [period && t("period", { period }), title].filter(Boolean).join(" ");
  return `${name ? `${name}, ` : ""}${clock(from)}–${clock(to)}`;
}
