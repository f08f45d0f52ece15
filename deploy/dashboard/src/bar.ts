/** A bar of stacked shares, one part for each group. */
import { h } from "./dom";
import { colour, type Key, keys, type Mix, value } from "./groups";

export class Bar {
  readonly element = h("div", { class: "bar", "aria-hidden": "true" });
  private readonly parts = new Map<Key, HTMLElement>();

  constructor() {
    for (const key of new Set([...keys("few"), ...keys("all")])) {
      const part = h("span", { class: `part ${key}` });
      part.style.background = colour(key);
      this.parts.set(key, part);
      this.element.append(part);
    }
  }

  /** Show a mix in this order, or an empty bar. */
  show(mix: Mix | undefined, order: readonly Key[]): void {
    for (const [key, part] of this.parts) {
      const place = order.indexOf(key);
      part.style.order = String(place);
      part.style.flexGrow = String((place >= 0 && mix && value(mix, key)) || 0);
    }
  }
}
