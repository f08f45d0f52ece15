/** One room: now, and its course over a lesson, a day, or a time of the past. */
import { Course } from "./course";
import type { Device } from "./device";
import { h, hide, say } from "./dom";
import { Facts } from "./facts";
import { duration, t } from "./i18n";
import { Now } from "./now";
import { Past } from "./past";
import { Pausing } from "./pausing";
import { MINUTE, type Period } from "./period";
import { Spans } from "./spans";
import type { View } from "./view";
import type { History, Pauses } from "./way";
import { attention } from "./words";

export class Room implements View {
  readonly element = h("section", { "aria-labelledby": "room" });
  private readonly name = h("h1", { id: "room" });
  private readonly state = h("span", { class: "state" });
  private readonly fresh = h("span", { class: "fresh" });
  private readonly attention = h("p", { class: "alert" });
  private readonly now: Now;
  private readonly past: Past;
  private readonly course: Course;
  private readonly facts: Facts;
  private readonly pausing: Pausing | undefined;

  constructor(
    private readonly device: Device,
    lessonMinutes: number,
    history: History | undefined,
    pauses: Pauses | undefined,
  ) {
    this.pausing = pauses && new Pausing(device, pauses, lessonMinutes);
    this.now = new Now(device);
    this.facts = new Facts(device);
    this.past = new Past(device, history, () => this.course.draw());
    const period: Period = { kind: "latest", span: lessonMinutes * MINUTE };
    this.course = new Course(device, this.past, history !== undefined, period);
    const spans = new Spans(lessonMinutes, history !== undefined, (span) => this.choose({ kind: "latest", span }));
    const every = h("input", { type: "checkbox", change: () => this.show(every.checked) });
    this.element.append(
      h("div", { class: "head" }, h("a", { href: "#/", class: "back" }, `← ${t("back")}`), this.name, this.state, this.fresh),
      this.attention,
      ...(this.pausing ? [this.pausing.element] : []),
      this.now.element,
      h("div", { class: "head choice" }, h("h2", {}, t("lesson")), spans.element, h("label", { class: "every" }, every, t("every_emotion"))),
      this.course.element,
      this.now.uncertainty,
      this.course.below,
      this.facts.element,
    );
  }

  changed(): void {
    // draws everything anyway
  }

  complete(): void {
    this.past.forget(); // something may have been missed
    this.draw(performance.now());
  }

  draw(now: number): void {
    const { device } = this;
    const state = device.state(now);
    this.element.dataset["state"] = state;
    say(this.name, device.room);
    say(this.state, t(`state_${state}`));
    say(this.fresh, device.latest ? t("updated", { age: duration(device.age(now)) }) : "");
    const urgent = attention(device).join(" ");
    hide(this.attention, !urgent);
    say(this.attention, urgent);
    this.now.draw(now, this.course.detail);
    this.facts.draw();
    this.pausing?.draw(now);
    this.past.recall(this.course.period, now);
    this.course.draw();
  }

  close(): void {
    this.course.close();
  }

  private choose(period: Period): void {
    this.course.period = period;
    this.draw(performance.now());
  }

  private show(every: boolean): void {
    this.course.detail = every ? "all" : "few";
    this.draw(performance.now());
  }
}
