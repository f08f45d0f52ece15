/** One room: now, over the lesson, over the day. */
import { Bar } from "./bar";
import { Chart } from "./chart";
import { LABELS } from "./contract";
import type { Device } from "./device";
import { h, hide, say } from "./dom";
import { clock, duration, number, t } from "./i18n";
import { COLOURS } from "./palette";
import { isThin, shown, type Stretch } from "./series";
import type { View } from "./view";
import { attention, excuse, hiddenRefusals, light, people, picture, uncertainty, withheldMessages } from "./words";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** The course is drawn from the first record on, but over no less than this. */
const SHORTEST = 5 * MINUTE;
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
  private readonly bar = new Bar();
  private readonly values = LABELS.map(() => h("td", {}));
  private readonly other = h("td", {});
  private readonly otherRow = h("tr", {}, h("th", { scope: "row" }, t("other")), this.other);
  private readonly mix: HTMLTableElement;
  private readonly uncertainty = h("p", { class: "note" });
  private readonly plot = h("div", { class: "plot" });
  private readonly chart: Chart;
  private readonly rows = h("tbody");
  private readonly table: HTMLDetailsElement;
  private readonly facts: [HTMLElement, HTMLElement, () => string | undefined][];
  private span: number;

  constructor(
    private readonly device: Device,
    lessonMinutes: number,
  ) {
    this.span = lessonMinutes * MINUTE;
    const row = (label: (typeof LABELS)[number], index: number) => {
      const mark = h("span", { class: "mark", "aria-hidden": "true" });
      mark.style.background = COLOURS[label];
      return h("tr", {}, h("th", { scope: "row" }, mark, t(label)), this.values[index]!);
    };
    this.mix = h("table", { class: "mix" }, h("caption", {}, t("showing")), h("tbody", {}, ...LABELS.map(row), this.otherRow));
    const head = h("tr", {}, ...[t("time"), t("all"), ...LABELS.map((label) => t(label))].map((text) => h("th", { scope: "col" }, text)));
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
      this.attention,
      h("div", { class: "now" }, h("div", { class: "who" }, this.people, this.most, this.words, this.uncertainty), h("div", { class: "what" }, this.bar.element, this.mix)),
      h("div", { class: "head" }, h("h2", {}, t("lesson")), this.spans(lessonMinutes)),
      this.plot,
      h("p", { class: "note" }, t("history_note")),
      this.table,
      h("dl", { class: "facts" }, ...this.facts.flatMap(([title, value]) => [title, value])),
    );
    this.chart = new Chart(this.plot);
  }

  changed(): void {
    // draws everything anyway
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
    this.drawCourse();
  }

  close(): void {
    this.chart.close();
  }

  private drawCourse(): void {
    const until = Math.max(Date.now(), this.device.latest?.end ?? 0);
    const series = this.span >= DAY ? this.device.day : this.device.lesson;
    const all = series?.between(until - this.span, until) ?? [];
    const begun = all.findIndex((stretch) => stretch.covered > 0);
    const stretches = begun < 0 ? [] : all.slice(begun);
    const from = Math.max(until - this.span, Math.min(stretches[0]?.start ?? until, until - SHORTEST));
    this.chart.show(stretches, from, until);
    if (this.table.open) this.rows.replaceChildren(...stretches.filter((stretch) => stretch.covered > 0).slice(-TABLE_ROWS).reverse().map(tableRow));
  }

  private spans(lessonMinutes: number): HTMLElement {
    const minutes = [...new Set([15, lessonMinutes, 90])].sort((a, b) => a - b);
    const choices: [number, string][] = [...minutes.map((each): [number, string] => [each * MINUTE, t("minutes", { minutes: each })]), [DAY, t("day")]];
    const buttons = choices.map(([span, text]) => {
      const radio = h("input", { type: "radio", name: "span", value: span, change: () => this.choose(span) });
      radio.checked = span === this.span;
      return h("label", {}, radio, text);
    });
    return h("fieldset", { class: "spans" }, h("legend", { class: "unseen" }, t("span")), ...buttons);
  }

  private choose(span: number): void {
    this.span = span;
    this.draw(performance.now());
  }
}

function tableRow(stretch: Stretch): HTMLElement {
  return h("tr", {}, h("th", { scope: "row" }, clock(stretch.start)), ...[stretch.people, ...stretch.labels].map((value) => h("td", {}, people(value))));
}

function known(value: number | null | undefined, unit = "", digits = 1): string | undefined {
  return value === null || value === undefined ? undefined : `${number(value, digits)}${unit}`;
}
