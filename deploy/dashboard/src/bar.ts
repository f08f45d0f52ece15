/** A bar of stacked shares, one part for each label. */
import { type Interval, LABELS } from "./contract";
import { h } from "./dom";
import { COLOURS } from "./palette";
import { shown } from "./series";

export class Bar {
  readonly element = h("div", { class: "bar", "aria-hidden": "true" });
  private readonly parts = LABELS.map((label) => {
    const part = h("span", { class: `part ${label}` });
    part.style.background = COLOURS[label];
    this.element.append(part);
    return part;
  });

  /** Show the mix of a record, or an empty bar. */
  show(record: Interval | undefined): void {
    const values = record ? shown(record) : [];
    this.parts.forEach((part, index) => {
      part.style.flexGrow = String(values[index] ?? 0);
    });
  }
}
