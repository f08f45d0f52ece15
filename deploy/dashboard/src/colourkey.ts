/** What the colours of a view with bars mean. */
import { h } from "./dom";
import { colour, keys, name } from "./groups";

/** An entry of a key. */
export function entry(mark: HTMLElement, words: string): HTMLLIElement {
  return h("li", {}, mark, words);
}

/** An entry for each group of a bar. */
export function groupEntries(): HTMLLIElement[] {
  return keys("few").map((each) => {
    const mark = h("span", { class: "mark", "aria-hidden": "true" });
    mark.style.background = colour(each);
    return entry(mark, name(each, "few"));
  });
}
