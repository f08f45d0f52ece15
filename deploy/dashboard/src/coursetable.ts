/** The course as a table: every number as it was published, newest first. */
import { title } from "./bands";
import { LABELS } from "./contract";
import { h } from "./dom";
import { moment, t } from "./i18n";
import type { Stretch } from "./stretch";
import { people } from "./words";

/** A lesson by intervals of ten seconds; a day has its latest ones. */
const ROWS = 300;

export class CourseTable {
  private readonly rows = h("tbody");
  readonly element: HTMLDetailsElement;

  constructor(opened: () => void) {
    const head = h("tr", {}, ...[t("time"), t("all"), ...LABELS.map((label) => t(label)), t("other"), t("why")].map((text) => h("th", { scope: "col" }, text)));
    const scroll = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("as_table") }, h("table", {}, h("thead", {}, head), this.rows));
    this.element = h("details", { class: "table", toggle: opened }, h("summary", {}, t("as_table")), scroll);
  }

  show(stretches: Stretch[]): void {
    if (this.element.open) this.rows.replaceChildren(...stretches.filter(({ covered }) => covered > 0).slice(-ROWS).reverse().map(row));
  }
}

function row({ start, people: all, labels, other, why }: Stretch): HTMLElement {
  const numbers = [all, ...labels, other].map((value) => h("td", {}, people(value)));
  return h("tr", {}, h("th", { scope: "row" }, h("time", { datetime: new Date(start).toISOString() }, moment(start))), ...numbers, h("td", {}, why ? title({ reason: why, by: "" }) : ""));
}

