/** The course as a table: every number as it was published, newest first. */
import { type Band, title } from "./bands";
import { LABELS } from "./contract";
import type { Drawn } from "./course";
import { h } from "./dom";
import { clock, moment, second, t } from "./i18n";
import { MINUTE } from "./period";
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

  show({ stretches, width, bands }: Pick<Drawn, "stretches" | "width" | "bands">): void {
    if (!this.element.open) return;
    const named = width < MINUTE ? second : clock;
    this.rows.replaceChildren(...stretches.filter(({ covered }) => covered > 0).slice(-ROWS).reverse().map((each) => row(each, named, bands)));
  }
}

function row(stretch: Stretch, named: typeof clock, bands: readonly Band[]): HTMLElement {
  const { start, people: all, labels, other } = stretch;
  const numbers = [all, ...labels, other].map((value) => h("td", {}, people(value)));
  return h("tr", {}, h("th", { scope: "row" }, h("time", { datetime: new Date(start).toISOString() }, moment(start, named))), ...numbers, h("td", {}, reason(stretch, bands)));
}

/** Why numbers are missing, as the chart says it: there it is known who paused and what hid the people. */
function reason({ start, why }: Stretch, bands: readonly Band[]): string {
  if (!why) return "";
  const band = why === "paused" || why === "not_observed" ? bands.find(({ from, until }) => from <= start && start < until) : undefined;
  return title(band ?? { reason: why, by: "" });
}
