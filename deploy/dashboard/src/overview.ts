/** The school at a glance: a card for each room. */
import { address } from "./address";
import { Bar } from "./bar";
import type { Device } from "./device";
import { h, hide, say } from "./dom";
import { keys } from "./groups";
import { duration, t } from "./i18n";
import type { School } from "./school";
import { practiceBand, showPractice } from "./practice";
import { isThin, shown } from "./series";
import { showSimulated, simulatedMark } from "./simulated";
import type { View } from "./view";
import { attention, excuse, people } from "./words";

export class Overview implements View {
  readonly element = h("section", { "aria-labelledby": "school" });
  private readonly total = h("p", { class: "total" });
  private readonly empty = h("p", { class: "empty" });
  private readonly unreadable = h("p", { class: "note" });
  private readonly grid = h("ul", { class: "grid" });
  private readonly cards = new Map<string, Card>();
  private readonly visible = new Set<Card>();
  private readonly watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const card = this.byElement.get(entry.target);
      if (!card) continue;
      if (entry.isIntersecting) this.visible.add(card);
      else this.visible.delete(card);
    }
    this.draw(performance.now());
  });
  private readonly byElement = new WeakMap<Element, Card>();
  private readonly search = h("input", { type: "search", id: "search", autocomplete: "off", input: () => this.arrange() });
  private arranged = 0;

  constructor(private readonly school: School) {
    const heading = h("h1", { id: "school" }, t("school"));
    const find = h("p", { class: "find" }, h("label", { for: "search" }, t("search")), this.search);
    this.element.append(h("div", { class: "head" }, heading, find), this.total, this.empty, this.grid, this.unreadable);
    this.arrange();
  }

  changed(): void {
    if (this.school.arrangement !== this.arranged) this.arrange();
  }

  draw(now: number): void {
    const { rooms, counted, people: all } = this.school.total(now);
    hide(this.total, rooms === 0);
    say(this.total, t("total", { people: all, counted, rooms }));
    hide(this.unreadable, this.school.unreadable === 0);
    say(this.unreadable, t("unreadable", { count: this.school.unreadable }));
    for (const card of this.visible) card.draw(now);
  }

  close(): void {
    this.watcher.disconnect();
  }

  /** Bring the cards into the order of the rooms, leaving those alone that stay where they are. */
  private arrange(): void {
    const devices = this.school.sorted();
    this.arranged = this.school.arrangement;
    const wanted = this.search.value.trim().toLowerCase();
    const chosen = devices.filter((device) => `${device.room} ${device.key}`.toLowerCase().includes(wanted));
    const keys = new Set(devices.map((device) => device.key));
    for (const [key, card] of this.cards) {
      if (keys.has(key)) continue;
      this.watcher.unobserve(card.element);
      this.visible.delete(card);
      this.cards.delete(key);
    }
    const elements = chosen.map((device) => this.card(device).element);
    elements.forEach((element, index) => {
      if (this.grid.children[index] !== element) this.grid.insertBefore(element, this.grid.children[index] ?? null);
    });
    while (this.grid.children.length > elements.length) this.grid.lastElementChild?.remove();
    hide(this.empty, chosen.length > 0);
    say(this.empty, devices.length ? t("no_match") : t("no_rooms"));
  }

  private card(device: Device): Card {
    let card = this.cards.get(device.key);
    if (card?.device !== device) {
      card = new Card(device);
      this.cards.set(device.key, card);
      this.byElement.set(card.element, card);
      this.watcher.observe(card.element);
    }
    return card;
  }
}

class Card {
  private readonly name = h("a", { class: "name" });
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
    h("div", { class: "top" }, h("h2", {}, this.name), this.state),
    h("p", { class: "number" }, this.people, " ", this.unit),
    this.bar.element,
    this.words,
    this.practice,
    this.attention,
    this.simulated,
  );

  constructor(readonly device: Device) {
    this.name.href = address(device.place);
    this.draw(performance.now());
  }

  draw(now: number): void {
    const state = this.device.state(now);
    const record = this.device.current(now);
    if (this.element.dataset.state !== state) this.element.dataset.state = state;
    say(this.name, this.device.room);
    say(this.state, t(`state_${state}`));
    hide(this.unit, !record);
    say(this.people, record ? people(record.faces.mean) : t("nothing"));
    this.bar.show(record && { labels: shown(record), other: record.other }, keys("few"));
    hide(this.attention, attention(this.device).length === 0);
    showPractice(this.practice, this.device);
    showSimulated(this.simulated, this.device);
    const thin = record && isThin(record) ? t("thin", record.frames) : undefined;
    const partly = record?.suppressed ? t(`why_${record.suppressed}`) : undefined;
    say(this.words, excuse(this.device, now) ?? partly ?? thin ?? t("updated", { age: duration(this.device.age(now)) }));
  }
}
