/** A room in the overview, and a link to it. */
import { address } from "./address";
import { Bar } from "./bar";
import type { Device } from "./device";
import { h, hide, say } from "./dom";
import { glance } from "./glance";
import { keys } from "./groups";
import { duration, t } from "./i18n";
import { practiceBand, showPractice } from "./practice";
import { showSimulated, simulatedMark } from "./simulated";

export class Card {
  /** Outside of the order of Tab: arrow keys lead to it. */
  readonly link = h("a", { class: "name", tabindex: "-1" });
  private readonly state = h("span", { class: "state" });
  private readonly people = h("span", { class: "people" });
  private readonly unit = h("span", { class: "unit" }, t("people_short"));
  private readonly bar = new Bar();
  private readonly words = h("p", { class: "words" });
  private readonly attention = h("p", { class: "alert" }, t("attention"));
  private readonly practice = practiceBand();
  private readonly simulated = simulatedMark();
  readonly element = h(
    "li",
    { class: "card" },
    h("div", { class: "top" }, h("h2", {}, this.link), this.state),
    h("p", { class: "number" }, this.people, " ", this.unit),
    this.bar.element,
    this.words,
    this.practice,
    this.attention,
    this.simulated,
  );

  constructor(readonly device: Device) {
    this.link.href = address(device.place);
    this.draw(performance.now());
  }

  draw(now: number): void {
    const { device } = this;
    const seen = glance(device, now);
    if (this.element.dataset.state !== seen.state) this.element.dataset.state = seen.state;
    say(this.link, device.title);
    say(this.state, t(`state_${seen.state}`));
    hide(this.unit, !seen.mix);
    say(this.people, seen.people);
    this.bar.show(seen.mix, keys("few"));
    hide(this.attention, !seen.attention);
    showPractice(this.practice, device);
    showSimulated(this.simulated, device);
    say(this.words, seen.words || t("updated", { age: duration(device.age(now)) }));
  }
}
