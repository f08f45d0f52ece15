/** The usual hours of a week: a table of weekdays and hours, darker where there are more people. */
import type { Device } from "./device";
import { h, hide, say } from "./dom";
import { hourName, number, reason, t, weekdayName } from "./i18n";
import { GROUPS, type Group, type Heat, type HubLessons } from "./lessons";
import { groupName } from "./sentences";

const WEEKS = 8;
/** Stands where people were counted, and what they showed was withheld in some records. */
const PARTLY = "*";

export class HeatMap {
  private readonly choice = h("select", { "aria-label": t("heat_group"), change: () => this.draw() }, ...GROUPS.map((group) => h("option", { value: group }, groupName(group))));
  private readonly table = h("table", { class: "heat" });
  private readonly trouble = h("p", { class: "note" });
  /** What the signs mean that stand for no number. */
  private readonly signs = h("p", { class: "note" });
  readonly element: HTMLDetailsElement;
  private heat: Heat | undefined;

  constructor(
    private readonly device: Device,
    private readonly source: HubLessons,
  ) {
    const scroll = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("heat") }, this.table);
    this.element = h("details", { toggle: () => void this.read() }, h("summary", {}, t("heat")), h("p", {}, this.choice), scroll, this.signs, this.trouble);
  }

  private async read(): Promise<void> {
    if (!this.element.open) return;
    try {
      this.heat = await this.source.heat(this.device, WEEKS);
      say(this.trouble, this.heat.cells.length ? `${t("heat_note", { weeks: this.heat.weeks })} ${t("heat_zone", { zone: this.heat.zone })}` : t("no_numbers"));
    } catch (error) {
      say(this.trouble, t("history_failed", { why: reason(error) }));
    }
    this.draw();
  }

  private draw(): void {
    const cells = this.heat?.cells ?? [];
    const group = this.choice.value as Group;
    hide(this.table, cells.length === 0);
    const hours = [...new Set(cells.map(({ hour }) => hour))].sort((a, b) => a - b);
    const days = [...new Set(cells.map(({ weekday }) => weekday))].sort((a, b) => a - b);
    const most = Math.max(1, ...cells.map((cell) => cell[group] ?? 0));
    const head = h("tr", {}, h("th", { scope: "col" }, t("time")), ...days.map((day) => h("th", { scope: "col" }, weekdayName(day))));
    const rows = hours.map((hour) => {
      const all = days.map((day) => cells.find((cell) => cell.weekday === day && cell.hour === hour));
      return h("tr", {}, h("th", { scope: "row" }, hourName(hour)), ...all.map((cell) => heated(cell, group, most)));
    });
    const empty = cells.length > 0 && cells.length < hours.length * days.length;
    const partly = cells.some((cell) => cell[group] === null);
    const signs = [empty ? t("heat_empty", { sign: t("nothing") }) : "", partly ? t("heat_partly", { sign: PARTLY }) : ""];
    say(this.signs, signs.filter(Boolean).join(" "));
    this.table.replaceChildren(h("thead", {}, head), h("tbody", {}, ...rows));
  }
}

function heated(hour: Heat["cells"][number] | undefined, group: Group, most: number): HTMLElement {
  const value = hour?.[group] ?? null;
  const cell = h("td", {}, hour === undefined ? t("nothing") : value === null ? PARTLY : number(value));
  if (value !== null) cell.style.setProperty("--heat", `${Math.round((60 * value) / most)}%`);
  return cell;
}
