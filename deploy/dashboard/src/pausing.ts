/** Who paused a room, since when and until when, and the buttons that pause and resume it. */
import type { Device } from "./device";
import { h, hide, say } from "./dom";
import { refusal } from "./hub";
import { clock, moment, t } from "./i18n";
import type { Lesson } from "./lessons";
import type { Pause, Pauses } from "./way";

const MINUTE = 60_000;
/** The state is asked for again after this time, and at each change of the device. */
const ASK_EVERY = 30_000;

export class Pausing {
  readonly element = h("div", { class: "pausing", role: "group", "aria-label": t("pause") });
  private readonly words = h("p", { class: "note" });
  private readonly trouble = h("p", { class: "problem", role: "alert" });
  private readonly lesson: HTMLButtonElement;
  private readonly open: HTMLButtonElement;
  private readonly resume: HTMLButtonElement;
  private pause: Pause | undefined;
  private paused: boolean | undefined;
  private asked = 0;
  /** Whether the hub has said who paused, or that it does not know. */
  private answered = false;
  private busy = false;
  /** Whether the button that had the keyboard's focus is gone, and none has come in its place yet. */
  private focusLost = false;
  /** When the lesson ends that goes on now. */
  private lessonEnd: number | undefined;

  constructor(
    private readonly device: Device,
    private readonly pauses: Pauses,
    private readonly lessonMinutes: number,
  ) {
    const button = (text: string, order: () => Promise<void>) => h("button", { type: "button", click: () => void this.order(order) }, text);
    this.lesson = button("", () => pauses.pause(device, this.lessonEnd ?? Date.now() + lessonMinutes * MINUTE));
    this.open = button(t("pause_open"), () => pauses.pause(device, undefined));
    this.resume = button(t("resume"), () => pauses.resume(device));
    this.element.append(this.words, this.lesson, this.open, this.resume, this.trouble);
  }

  /** Name the lesson that goes on now, as the timetable knows it. */
  during(lesson: Lesson | undefined): void {
    this.lessonEnd = lesson?.to;
  }

  draw(now: number): void {
    const { paused } = this.device;
    if (paused !== this.paused || now - this.asked > ASK_EVERY) {
      this.paused = paused;
      void this.ask(now);
    }
    const held = this.element.contains(document.activeElement);
    const may = this.pauses.allowed(this.device) && this.device.online !== false;
    hide(this.lesson, !may || paused);
    say(this.lesson, this.lessonEnd === undefined ? t("pause_for", { minutes: this.lessonMinutes }) : t("pause_lesson", { time: clock(this.lessonEnd) }));
    hide(this.open, !may || paused);
    hide(this.resume, !may || !paused || !this.remote);
    const text = paused ? this.explain() : "";
    hide(this.words, !text);
    say(this.words, text);
    hide(this.trouble, !this.trouble.textContent);
    hide(this.element, !may && !text);
    if (held || this.focusLost) this.keepFocus();
  }

  /** Move the keyboard's focus from a button that is gone to the one that is there now. */
  private keepFocus(): void {
    const active = document.activeElement;
    this.focusLost = active === null || active === document.body || (active instanceof HTMLElement && active.hidden);
    const next = [this.lesson, this.open, this.resume].find((each) => !each.hidden);
    if (!this.focusLost || !next) return;
    next.focus();
    this.focusLost = false;
  }

  /** Whether a command paused the device, as far as is known: only such a pause can be ended by one. */
  private get remote(): boolean {
    const sources = this.device.health?.paused_by ?? [];
    return this.pause !== undefined || sources.length === 0 || sources.includes("remote");
  }

  private explain(): string {
    const sources = this.device.health?.paused_by ?? [];
    const order = this.pause;
    const who = order ? (order.by ? t("paused_by", { who: order.by }) : t("paused_by_order")) : ""; // a screen is not told who
    const since = order?.since === undefined ? "" : t("paused_since", { time: moment(order.since) });
    const until = order ? (order.until === undefined ? t("paused_open") : t("paused_until", { time: moment(order.until) })) : "";
    const others = sources.filter((source) => source !== "remote" || (this.answered && !order)).map((source) => t(`paused_by_${source}`));
    const began = order ? undefined : this.device.circumstances.pausedSince();
    if (others.length && began !== undefined) others[0] += `, ${t("paused_since", { time: moment(began) })}`;
    return [[who, since, until].filter(Boolean).join(", "), ...others].filter(Boolean).map((each) => t("full_stop", { text: each })).join(" ");
  }

  private async ask(now: number): Promise<void> {
    this.asked = now;
    if (!this.paused) {
      this.pause = undefined;
      this.answered = false;
      return;
    }
    try {
      this.pause = await this.pauses.current(this.device);
      this.answered = true;
    } catch {
      this.pause = undefined; // the head of the page says that the hub does not answer
    }
    this.draw(performance.now());
  }

  /** Give an order; the device says itself when it has followed it. */
  private async order(order: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.element.setAttribute("aria-busy", "true");
    say(this.trouble, "");
    try {
      await order();
    } catch (error) {
      say(this.trouble, refusal(error, "pause_unknown"));
    }
    this.busy = false;
    this.element.removeAttribute("aria-busy");
    this.draw(performance.now());
  }
}
