/** How a room is now: how many people, what they show, and what stands in the way. */
import { Bar } from "./bar";
import type { Interval } from "./contract";
import type { Device } from "./device";
import { h, hide, say } from "./dom";
import { alike, colour, type Detail, type Key, name, strongest, value } from "./groups";
import { t } from "./i18n";
import { isThin, shown } from "./series";
import { counted, excuse, people, uncertainty } from "./words";

export class Now {
  private readonly people = h("p", { class: "big" });
  private readonly most = h("p", { class: "most" });
  private readonly words = h("p", { class: "words" });
  private readonly bar = new Bar();
  private readonly rows = h("tbody");
  private readonly mix = h("table", { class: "mix" }, h("caption", {}, t("showing")), this.rows);
  /** How far these numbers may be off; it belongs below the chart. */
  readonly uncertainty = h("p", { class: "note uncertainty" });
  readonly element = h("div", { class: "now" }, h("div", { class: "who" }, this.people, this.most, this.words), h("div", { class: "what" }, this.bar.element, this.mix));
  private order: Key[] = [];
  private cells = new Map<Key, HTMLElement>();
  private arranged = "";

  constructor(private readonly device: Device) {}

  /** `order`: of the groups in the chart; a colour has the same place in both. */
  draw(now: number, detail: Detail, order: readonly Key[]): void {
    const record = this.device.current(now);
    say(this.people, record ? t("people", { people: counted(record.faces.mean) }) : t("nothing"));
    say(this.most, record?.faces.max ? t("most", { max: record.faces.max }) : "");
    say(this.words, this.remarks(record, now));
    const wrong = record && uncertainty(record);
    hide(this.uncertainty, wrong === undefined);
    say(this.uncertainty, wrong ?? "");
    hide(this.mix, !record || record.mode === "presence");
    const mix = record && { labels: shown(record), other: record.other };
    this.order = alike(strongest(mix ? [mix] : [], detail), order);
    this.bar.show(mix, this.order);
    this.arrange(detail);
    for (const [key, cell] of this.cells) say(cell, people(mix && value(mix, key)));
  }

  private remarks(record: Interval | undefined, now: number): string {
    const { device } = this;
    const all = [
      excuse(device, now),
      record?.suppressed ? t(`why_${record.suppressed}`) : undefined,
      record && isThin(record) ? t("thin", record.frames) : undefined,
      record?.mode === "presence" ? t("presence_only") : undefined,
      device.latest?.clock === "unsynced" ? t("unsynced") : undefined,
    ];
    return all.filter(Boolean).join(" ");
  }

  private arrange(detail: Detail): void {
    const wanted = `${detail} ${this.order.join()}`;
    if (wanted === this.arranged) return;
    this.arranged = wanted;
    this.cells = new Map(this.order.map((key) => [key, h("td", {})]));
    const rows = [...this.cells].map(([key, cell]) => {
      const mark = h("span", { class: "mark", "aria-hidden": "true" });
      mark.style.background = colour(key);
      return h("tr", { "data-key": key }, h("th", { scope: "row" }, mark, name(key, detail)), cell);
    });
    this.rows.replaceChildren(...rows);
  }
}
