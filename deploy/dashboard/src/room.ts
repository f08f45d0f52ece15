/** One room: now, and its course over the latest time or over a lesson. */
import { address, type Time, timed } from "./address";
import { Comparison } from "./comparison";
import { Course } from "./course";
import type { Device } from "./device";
import { h, hide, say } from "./dom";
import { Facts } from "./facts";
import { Files } from "./files";
import { HeatMap } from "./heatmap";
import { clock, dayName, duration, moment, t } from "./i18n";
import { LessonPanel } from "./lesson";
import { Now } from "./now";
import { Past } from "./past";
import { Pausing } from "./pausing";
import { isOver, MINUTE, type Period } from "./period";
import { Picker } from "./picker";
import { practiceBand, showPractice } from "./practice";
import { Replay } from "./replay";
import { Silence } from "./silence";
import { isSimulated, showSimulated, simulatedMark } from "./simulated";
import { Spans } from "./spans";
import type { View } from "./view";
import type { Way } from "./way";
import { attention } from "./words";
import { otherZone, useZone } from "./zone";

/** The course moves on with the clock, milliseconds; drawing it costs more than all the rest. */
const DRAW_EVERY = 5_000;

/** What only a hub knows of lessons. */
interface Lessons {
  picker: Picker;
  panel: LessonPanel;
  comparison: Comparison;
  heat: HeatMap;
}

export class Room implements View {
  readonly element = h("section", { "aria-labelledby": "room", class: "room" });
  private readonly name = h("h1", { id: "room" });
  private readonly state = h("span", { class: "state" });
  private readonly fresh = h("span", { class: "fresh" });
  private readonly attention = h("p", { class: "alert" });
  private readonly practice = practiceBand();
  private readonly simulated = simulatedMark();
  private readonly when = h("h2", { class: "shown" });
  /** What the chart is of, with its day, for a sheet of paper and the names of files. */
  private readonly printed = h("p", { class: "printed" });
  private readonly now: Now;
  private readonly past: Past;
  private readonly course: Course;
  private readonly replay: Replay;
  private readonly spans: Spans;
  private readonly facts: Facts;
  private readonly silence: Silence;
  private readonly files: Files;
  private readonly pausing: Pausing | undefined;
  private readonly lessons: Lessons | undefined;
  /** Whether something has changed since the course was drawn, and when that was. */
  private due = true;
  private drawn = 0;

  constructor(
    private readonly device: Device,
    private readonly lessonMinutes: number,
    { history, pauses, lessons }: Pick<Way, "history" | "pauses" | "lessons">,
  ) {
    const draw = () => this.redraw();
    this.pausing = pauses && new Pausing(device, pauses, lessonMinutes);
    this.now = new Now(device);
    this.facts = new Facts(device);
    this.silence = new Silence(device, history !== undefined);
    this.past = new Past(device, history, draw);
    this.course = new Course(device, this.past, history !== undefined, { kind: "latest", span: lessonMinutes * MINUTE });
    this.replay = new Replay(this.course);
    this.spans = new Spans(lessonMinutes, history !== undefined, (span) => this.choose({ kind: "latest", span }));
    this.files = new Files(this.course, () => this.printed.textContent ?? "");
    if (history && lessons) {
      this.lessons = {
        picker: new Picker(device, lessons, (from, until) => this.choose({ kind: "past", from, until }), draw),
        panel: new LessonPanel(device, lessons, draw),
        comparison: new Comparison(device, history, lessons, draw, () => window.history.replaceState(null, "", this.address)),
        heat: new HeatMap(device, lessons),
      };
      this.course.onRead = (time) => this.lessons?.panel.propose(time);
    }
    this.build();
  }

  changed(): void {
    this.due = true;
  }

  complete(): void {
    this.past.forget(); // something may have been missed
    this.redraw();
  }

  go(hash: string): void {
    const time = timed(hash);
    const { period } = this.course;
    const shown = period.kind === "past" ? [period.from, period.until].join() : "";
    if ((time?.join() ?? "") !== shown) {
      if (time && this.lessons) this.see({ kind: "past", from: time[0], until: time[1] });
      else if (period.kind === "past") this.see({ kind: "latest", span: this.lessonMinutes * MINUTE });
    }
    if (time) this.lessons?.comparison.go(timed(hash, 1));
  }

  draw(now: number): void {
    const { device } = this;
    const state = device.state(now);
    this.element.dataset.state = state;
    say(this.name, device.title);
    say(this.state, t(`state_${state}`));
    say(this.fresh, device.latest ? t("updated", { age: duration(device.age(now)) }) : "");
    const urgent = attention(device).join(" ");
    hide(this.attention, !urgent);
    say(this.attention, urgent);
    showPractice(this.practice, device);
    showSimulated(this.simulated, device);
    this.facts.draw();
    this.silence.draw(now);
    this.drawLessons(now);
    this.pausing?.draw(now);
    this.past.recall(this.course.period, now);
    if (this.due || now - this.drawn >= DRAW_EVERY) this.drawCourse(now); // else nothing but the clock has changed
    this.now.draw(now, this.course.detail, this.course.order); // after the chart, whose order it has
  }

  private drawCourse(now: number): void {
    const { device } = this;
    this.due = false;
    this.drawn = now;
    this.course.draw();
    this.replay.draw();
    this.lessons?.comparison.draw(now, this.course);
    const { from, until } = this.course.drawn;
    const zone = otherZone();
    const times = `${dayName(from)}, ${clock(from)}–${clock(until)}${zone ? ` (${zone})` : ""}`;
    const mark = isSimulated(device) ? ` (${t("simulated")})` : "";
    say(this.printed, t("named", { name: `${device.place.site}, ${device.title}${mark}`, text: times }));
  }

  close(): void {
    this.replay.close();
    this.files.close();
    this.course.close();
    this.lessons?.picker.close();
    this.lessons?.comparison.close();
    useZone(null);
  }

  private build(): void {
    const { lessons } = this;
    const every = h("input", { type: "checkbox", change: () => this.show(every.checked) });
    this.element.append(
      h("div", { class: "head" }, h("a", { href: "#/", class: "back" }, `← ${t("back")}`), this.name, this.simulated, this.state, this.fresh),
      this.printed,
      this.attention,
      this.practice,
      this.silence.element,
      ...(this.pausing ? [this.pausing.element] : []),
      this.now.element,
      h("div", { class: "head choice" }, this.when, this.spans.element, h("label", { class: "every" }, every, t("every_emotion"))),
      ...(lessons ? [lessons.picker.element] : []),
      h("div", { class: "pair" }, this.course.element, ...(lessons ? [lessons.comparison.element] : [])),
      this.replay.element,
      this.now.uncertainty,
      ...(lessons ? [lessons.panel.element, lessons.comparison.choice] : []),
      this.files.element,
      this.course.below,
      ...(lessons ? [lessons.heat.element] : []),
      this.facts.element,
    );
  }

  private drawLessons(now: number): void {
    const { period } = this.course;
    say(this.when, this.title());
    if (!this.lessons) return;
    const { picker, panel, comparison } = this.lessons;
    picker.draw();
    this.pausing?.during(picker.current(Date.now()));
    const past = period.kind === "past";
    hide(panel.element, !past);
    for (const each of [this.now.element, this.silence.element, this.now.uncertainty]) each.classList.toggle("aside", past);
    if (past) panel.recall(period.from, period.until, now);
    else panel.clear();
    this.course.marks = panel.marks;
    this.course.pauses = panel.pauses;
    this.course.former = past && panel.usual ? { begin: period.from, usual: panel.usual } : undefined;
    comparison.beside(past ? [period.from, period.until] : undefined);
    this.course.floor = comparison.element.hidden ? 0 : comparison.highest;
  }

  /** What the chart is of. */
  private title(): string {
    const { period } = this.course;
    if (period.kind === "latest") return t("lesson");
    const { from, until } = period;
    const name = this.lessons?.picker.title(from, until) ?? `${moment(from)}–${moment(until)}`;
    return t("named", { name: dayName(from), text: name });
  }

  /** Show a period; back leads to the one before. */
  private choose(period: Period): void {
    this.see(period);
    history.pushState(null, "", this.address);
  }

  /** The address of what is shown. */
  private get address(): string {
    const { period } = this.course;
    const second = this.lessons?.comparison.second;
    const times: Time[] = period.kind === "past" ? [[period.from, period.until], ...(second ? [second] : [])] : [];
    return address(this.device.place, ...times);
  }

  private see(period: Period): void {
    this.course.period = period;
    this.spans.show(period.kind === "latest" ? period.span : undefined);
    this.lessons?.picker.show(period.kind === "past" ? [period.from, period.until] : undefined);
    if (period.kind === "past") this.lessons?.panel.propose(isOver(period, Date.now()) ? period.from : Date.now());
    this.redraw();
  }

  private show(every: boolean): void {
    this.course.detail = every ? "all" : "few";
    this.redraw();
  }

  private redraw(): void {
    this.due = true;
    this.draw(performance.now());
  }
}
