/** The choice of how much of the latest time is shown. */
import { h } from "./dom";
import { t } from "./i18n";
import { DAY, MINUTE, WEEK } from "./period";

export class Spans {
  private readonly radios: HTMLInputElement[] = [];
  readonly element: HTMLElement;

  /** `week`: whether a history reaches so far back. */
  constructor(lessonMinutes: number, week: boolean, choose: (span: number) => void) {
    const minutes = [...new Set([15, lessonMinutes, 90])].sort((a, b) => a - b);
    const choices: [number, string][] = [...minutes.map((each): [number, string] => [each * MINUTE, t("minutes", { minutes: each })]), [DAY, t("day")], ...(week ? [[WEEK, t("week")] as [number, string]] : [])];
    const labels = choices.map(([span, text]) => {
      const radio = h("input", { type: "radio", name: "span", value: span, change: () => choose(span) });
      radio.checked = span === lessonMinutes * MINUTE;
      this.radios.push(radio);
      return h("label", {}, radio, text);
    });
    this.element = h("fieldset", { class: "spans" }, h("legend", { class: "unseen" }, t("span")), ...labels);
  }

  /** Choose this span, or none. */
  show(span: number | undefined): void {
    for (const radio of this.radios) radio.checked = Number(radio.value) === span;
  }
}
