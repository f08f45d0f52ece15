/** One room: now, over the lesson, over the day, and where a hub keeps them over the week. */
import { Bar } from "./bar";
import { Chart } from "./chart";
import { LABELS, type Suppression } from "./contract";
import type { Device } from "./device";
import { h, hide, say } from "./dom";
import { duration, moment, number, t } from "./i18n";
import { COLOURS } from "./palette";
import { Pausing } from "./pausing";
import { practiceBand, showPractice } from "./practice";
import { isThin, shown, type Stretch } from "./series";
import type { View } from "./view";
import type { History, Pauses } from "./way";
import { attention, excuse, hiddenRefusals, light, people, picture, uncertainty, withheldMessages } from "./words";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
/** The course is drawn from the first record on, but over no less than this, and no less than so many stretches. */
const SHORTEST = 5 * MINUTE;
const FEWEST = 5;
/** Averages are read again after this time. */
const READ_EVERY = 2 * MINUTE;
const TABLE_ROWS = 30;

export class Room implements View {
  readonly element = h("section", { "aria-labelledby": "room" });
  private readonly name = h("h1", { id: "room" });
  private readonly state = h("span", { class: "state" });
  private readonly fresh = h("span", { class: "fresh" });
  private readonly people = h("p", { class: "big" });
  private readonly most = h("p", { class: "most" });
  private readonly words = h("p", { class: "words" });
  private readonly attention = h("p", { class: "alert" });
  private readonly practice = practiceBand();
  private readonly bar = new Bar();
  private readonly values = LABELS.map(() => h("td", {}));
  private readonly other = h("td", {});
  private readonly otherRow = h("tr", {}, h("th", { scope: "row" }, t("other")), this.other);
  private readonly mix: HTMLTableElement;
  private readonly uncertainty = h("p", { class: "note" });
  private readonly plot = h("div", { class: "plot" });
  private readonly chart: Chart;
  private readonly gaps = h("ul", { class: "gaps", "aria-label": t("chart_gaps") });
  private readonly note = h("p", { class: "note" });
  private readonly pausing: Pausing | undefined;
  private readonly rows = h("tbody");
  private readonly table: HTMLDetailsElement;
  private readonly facts: [HTMLElement, HTMLElement, () => string | undefined][];
  private span: number;
  /** What the history has for `span`, where that is a day or more. */
  private averages: Stretch[] = [];
  /** Of which room and span the history was read, and when; the records of a lesson are read once, others come as news. */
  private read = { room: "", span: 0, at: 0 };
  private problem = "";

  constructor(
    private readonly device: Device,
    lessonMinutes: number,
    private readonly history: History | undefined,
    pauses: Pauses | undefined,
  ) {
    this.pausing = pauses && new Pausing(device, pauses, lessonMinutes);
    this.span = lessonMinutes * MINUTE;
    const row = (label: (typeof LABELS)[number], index: number) => {
      const mark = h("span", { class: "mark", "aria-hidden": "true" });
      mark.style.background = COLOURS[label];
      return h("tr", {}, h("th", { scope: "row" }, mark, t(label)), this.values[index]!);
    };
    this.mix = h("table", { class: "mix" }, h("caption", {}, t("showing")), h("tbody", {}, ...LABELS.map(row), this.otherRow));
    const head = h("tr", {}, ...[t("time"), t("all"), ...LABELS.map((label) => t(label)), t("why")].map((text) => h("th", { scope: "col" }, text)));
    const scroll = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("as_table") }, h("table", {}, h("thead", {}, head), this.rows));
    this.table = h("details", { toggle: () => this.draw(performance.now()) }, h("summary", {}, t("as_table")), scroll);
    const fact = (title: string, value: () => string | undefined): [HTMLElement, HTMLElement, () => string | undefined] => [h("dt", {}, title), h("dd"), value];
    this.facts = [
      fact(t("device"), () => device.key),
      fact(t("version"), () => device.info?.version),
      fact(t("fps"), () => known(device.health?.frames_per_second)),
      fact(t("soc"), () => known(device.health?.soc_celsius, " °C")),
      fact(t("light"), () => light(device)),
      fact(t("picture"), () => picture(device)),
      fact(t("backlog"), () => known(device.health?.backlog, "", 0)),
      fact(t("missing"), () => number(device.missing, 0)),
      fact(t("withheld_messages"), () => withheldMessages(device)),
      fact(t("refusals"), () => hiddenRefusals(device)),
    ];
    this.element.append(
      h("p", {}, h("a", { href: "#/", class: "back" }, `← ${t("back")}`)),
      h("div", { class: "head" }, this.name, this.state, this.fresh),
      this.practice,
      this.attention,
      ...(this.pausing ? [this.pausing.element] : []),
      h("div", { class: "now" }, h("div", { class: "who" }, this.people, this.most, this.words, this.uncertainty), h("div", { class: "what" }, this.bar.element, this.mix)),
      h("div", { class: "head" }, h("h2", {}, t("lesson")), this.spans(lessonMinutes)),
      this.plot,
      this.gaps,
      this.note,
      this.table,
      h("dl", { class: "facts" }, ...this.facts.flatMap(([title, value]) => [title, value])),
    );
    this.chart = new Chart(this.plot);
  }

  changed(): void {
    // draws everything anyway
  }

  complete(): void {
    this.read.room = ""; // something may have been missed
    this.draw(performance.now());
  }

  draw(now: number): void {
    const { device } = this;
    const record = device.current(now);
    const state = device.state(now);
    this.element.dataset["state"] = state;
    say(this.name, device.room);
    say(this.state, t(`state_${state}`));
    say(this.fresh, device.latest ? t("updated", { age: duration(device.age(now)) }) : "");
    say(this.people, record ? t("people", { people: people(record.faces.mean) }) : t("nothing"));
    say(this.most, record?.faces.max ? t("most", { max: record.faces.max }) : "");
    const remarks = [
      excuse(device, now),
      record?.suppressed ? t(`why_${record.suppressed}`) : undefined,
      record && isThin(record) ? t("thin", record.frames) : undefined,
      record?.mode === "presence" ? t("presence_only") : undefined,
      device.latest?.clock === "unsynced" ? t("unsynced") : undefined,
    ];
    say(this.words, remarks.filter(Boolean).join(" "));
    const urgent = attention(device).join(" ");
    hide(this.attention, !urgent);
    say(this.attention, urgent);
    showPractice(this.practice, device);
    this.bar.show(record);
    hide(this.mix, record?.mode === "presence");
    const values = record ? shown(record) : [];
    for (const [index, cell] of this.values.entries()) say(cell, people(values[index]));
    hide(this.otherRow, (record?.other ?? null) === null);
    say(this.other, people(record?.other));
    const wrong = record && uncertainty(record);
    hide(this.uncertainty, wrong === undefined);
    say(this.uncertainty, wrong ?? "");
    for (const [title, place, value] of this.facts) {
      const text = value();
      hide(title, text === undefined);
      hide(place, text === undefined);
      say(place, text ?? "");
    }
    this.pausing?.draw(now);
    this.recall(now);
    this.drawCourse();
  }

  close(): void {
    this.chart.close();
  }

  private drawCourse(): void {
    const until = Math.max(Date.now(), this.device.latest?.end ?? 0);
    const series = this.span >= DAY ? this.device.day : this.device.lesson;
    const kept = this.history && this.span >= DAY;
    const width = kept ? averageWidth(this.span) : (series?.width ?? MINUTE);
    const all = kept ? this.averages : (series?.between(until - this.span, until) ?? []);
    const begun = all.findIndex((stretch) => stretch.covered > 0);
    const stretches = begun < 0 ? [] : all.slice(begun);
    const from = Math.max(until - this.span, Math.min(stretches[0]?.start ?? until, until - Math.max(SHORTEST, FEWEST * width)));
    this.chart.show(stretches, width, from, until);
    this.explain(stretches, width);
    if (this.table.open) this.rows.replaceChildren(...stretches.filter((stretch) => stretch.covered > 0).slice(-TABLE_ROWS).reverse().map(tableRow));
    say(this.note, this.problem ? t("history_failed", { why: this.problem.replace(/\.$/, "") }) : t(this.history ? "history_hub" : "history_note"));
  }

  /** Say for how long emotions are missing, and why. */
  private explain(stretches: Stretch[], width: number): void {
    const reasons = new Map<Reason, number>();
    const last = stretches.map(({ covered }) => covered > 0).lastIndexOf(true); // what follows may be on its way
    for (const { why, covered } of stretches.slice(0, last + 1)) {
      const reason = why ?? (covered === 0 ? "no_records" : undefined);
      if (reason) reasons.set(reason, (reasons.get(reason) ?? 0) + width);
    }
    const words = [...reasons].map(([reason, time]) => [reason, `${t(`brief_${reason}`)}: ${duration(time)}`] as const);
    const text = words.map(([, each]) => each).join("");
    hide(this.gaps, words.length === 0);
    if (this.gaps.textContent === text) return;
    this.gaps.replaceChildren(...words.map(([reason, each]) => h("li", {}, h("span", { class: `mark ${reason}`, "aria-hidden": "true" }), each)));
  }

  /** Read the history where it was not read yet, or not lately. */
  private recall(now: number): void {
    const { room } = this.device;
    const span = this.span >= DAY ? this.span : 0;
    const due = room !== this.read.room || span !== this.read.span || (span > 0 && now - this.read.at > READ_EVERY);
    if (!this.history || !due) return;
    this.read = { room, span, at: now };
    void this.load(this.history, this.span);
  }

  private async load(history: History, span: number): Promise<void> {
    const until = Date.now();
    try {
      if (span < DAY) await history.recent(this.device);
      else {
        const averages = await history.averages(this.device, until - span, until, averageWidth(span));
        if (span !== this.span) return;
        this.averages = averages;
      }
      this.problem = "";
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.drawCourse();
  }

  private spans(lessonMinutes: number): HTMLElement {
    const minutes = [...new Set([15, lessonMinutes, 90])].sort((a, b) => a - b);
    const choices: [number, string][] = [...minutes.map((each): [number, string] => [each * MINUTE, t("minutes", { minutes: each })]), [DAY, t("day")], ...(this.history ? [[WEEK, t("week")] as [number, string]] : [])];
    const buttons = choices.map(([span, text]) => {
      const radio = h("input", { type: "radio", name: "span", value: span, change: () => this.choose(span) });
      radio.checked = span === this.span;
      return h("label", {}, radio, text);
    });
    return h("fieldset", { class: "spans" }, h("legend", { class: "unseen" }, t("span")), ...buttons);
  }

  private choose(span: number): void {
    this.span = span;
    this.averages = [];
    this.draw(performance.now());
  }
}

type Reason = Suppression | "no_records";

function averageWidth(span: number): number {
  return span > DAY ? HOUR : MINUTE;
}

function tableRow({ start, people: all, labels, why }: Stretch): HTMLElement {
  const numbers = [all, ...labels].map((value) => h("td", {}, people(value)));
  return h("tr", {}, h("th", { scope: "row" }, h("time", { datetime: new Date(start).toISOString() }, moment(start))), ...numbers, h("td", {}, why ? t(`brief_${why}`) : ""));
}

function known(value: number | null | undefined, unit = "", digits = 1): string | undefined {
  return value === null || value === undefined ? undefined : `${number(value, digits)}${unit}`;
}
