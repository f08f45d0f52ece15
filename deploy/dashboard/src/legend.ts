/** The groups of the chart with their numbers at a time; choosing one shows it alone. */
import { h, hide, say } from "./dom";
import { colour, type Detail, type Key, name, value } from "./groups";
import { t } from "./i18n";
import type { Stretch } from "./stretch";
import { people } from "./words";

interface Entry {
  element: HTMLLIElement;
  button: HTMLButtonElement;
  number: HTMLElement;
}

export class Legend {
  private readonly when = h("p", { class: "when" });
  private readonly all = h("span", { class: "value" });
  private readonly list = h("ul", { class: "legend" });
  readonly element = h("div", { class: "readout" }, this.when, this.list);
  private readonly everyone = h("li", { class: "everyone" }, h("span", { class: "mark line", "aria-hidden": "true" }), `${t("all")} `, this.all);
  private entries = new Map<Key, Entry>();
  private shown = "";

  /** `choose` is called with the group that is to be shown alone, or with undefined for all. */
  constructor(private readonly choose: (key: Key | undefined) => void) {}

  /** `when`: the time that the numbers are of; `mean`: what is shown of it. */
  show(order: readonly Key[], detail: Detail, only: Key | undefined, when: string, mean: Stretch | undefined): void {
    this.arrange(order, detail);
    hide(this.when, !when);
    say(this.when, when);
    say(this.all, people(mean?.people));
    for (const [key, { element, button, number }] of this.entries) {
      const pressed = String(only === key);
      if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
      element.classList.toggle("faint", only !== undefined && only !== key);
      say(number, people(mean && value(mean, key)));
    }
  }

  private arrange(order: readonly Key[], detail: Detail): void {
    const wanted = `${detail} ${order.join()}`;
    if (this.shown === wanted) return;
    this.shown = wanted;
    const focused = [...this.entries].find(([, { button }]) => button === document.activeElement)?.[0];
    this.entries = new Map(order.map((key) => [key, this.entry(key, detail)]));
    this.list.replaceChildren(this.everyone, ...[...this.entries.values()].map(({ element }) => element));
    if (focused) this.entries.get(focused)?.button.focus();
  }

  private entry(key: Key, detail: Detail): Entry {
    const mark = h("span", { class: "mark", "aria-hidden": "true" });
    mark.style.background = colour(key);
    const number = h("span", { class: "value" });
    const button = h("button", { type: "button", "aria-pressed": "false", title: t("isolate"), "data-key": key }, mark, `${name(key, detail)} `, number);
    button.addEventListener("click", () => this.choose(button.getAttribute("aria-pressed") === "true" ? undefined : key));
    return { element: h("li", {}, button), button, number };
  }
}
