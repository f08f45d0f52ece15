/** The school at a glance: a card for each room. */
import { wallAddress } from "./address";
import { Card } from "./card";
import { choose, keep, recall, SORTS, type Sort } from "./choice";
import { groupEntries } from "./colourkey";
import type { Device } from "./device";
import { h, hide, say, select } from "./dom";
import { isTroubled, totalWords } from "./glance";
import { number, t } from "./i18n";
import { Roving } from "./roving";
import { type School, total } from "./school";
import type { View } from "./view";

/** Milliseconds. Cards that change places all the time cannot be read. */
const SORT_EVERY = 15_000;
/** In so many all cards of a window have their true height. */
const FRAMES = 10;

export class Overview implements View {
  readonly element = h("section", { "aria-labelledby": "school" });
  private readonly total = h("p", { class: "total" });
  private readonly key = h("ul", { class: "key" }, ...groupEntries());
  private readonly empty = h("p", { class: "empty" });
  private readonly unreadable = h("p", { class: "note" });
  private readonly grid = h("ul", { class: "grid", "aria-describedby": "grid-keys" });
  private readonly cards = new Map<string, Card>();
  private readonly headings = new Map<string, HTMLElement>();
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
  private readonly choice = recall();
  private readonly search = h("input", { type: "search", id: "search", autocomplete: "off", value: this.choice.search, input: () => this.set({ search: this.search.value }), keydown: (event) => this.leaveSearch(event as KeyboardEvent) });
  private readonly troubled = h("input", { type: "checkbox", checked: this.choice.troubled, change: () => this.set({ troubled: this.troubled.checked }) });
  private readonly troubledWords = h("span");
  private readonly grouped = h("input", { type: "checkbox", checked: this.choice.grouped, change: () => this.set({ grouped: this.grouped.checked }) });
  private readonly grouping = h("label", { class: "check" }, this.grouped, t("group_by_site"));
  private readonly wall = h("a", {}, t("wall_screen"));
  private readonly roving = new Roving(this.grid, (letter) => this.typeIn(letter));
  private readonly left = () => this.remember();
  /** Where the window was, until it is there again or somebody scrolls. */
  private back = this.choice.place;
  private readonly moved = () => {
    this.back = undefined;
  };
  private arranged = 0;
  private troubles = "";
  private sortedAt = 0;

  constructor(private readonly school: School) {
    const sort = select(t("sort"), SORTS.map((each) => [each, t(`sort_${each}`)]), this.choice.sort, (value) => this.set({ sort: value as Sort }));
    const find = h("p", { class: "find" }, h("label", { for: "search" }, t("search")), this.search, sort, h("label", { class: "check" }, this.troubled, this.troubledWords), this.grouping, this.wall);
    this.element.append(
      h("div", { class: "head" }, h("h1", { id: "school" }, t("school")), find),
      this.total,
      this.key,
      this.empty,
      h("p", { class: "unseen", id: "grid-keys" }, t("grid_keys")),
      this.grid,
      this.unreadable,
    );
    addEventListener("pagehide", this.left);
    for (const each of ["wheel", "touchmove", "keydown"]) addEventListener(each, this.moved, { passive: true });
    this.arrange();
  }

  changed(): void {
    if (this.school.arrangement !== this.arranged) this.arrange();
  }

  draw(now: number): void {
    const all = [...this.school.devices.values()];
    const troubled = all.filter((device) => isTroubled(device, now)).map((device) => device.key);
    const stale = this.choice.sort === "people" && now - this.sortedAt >= SORT_EVERY;
    if (stale || ((this.choice.troubled || this.choice.sort === "trouble") && troubled.join() !== this.troubles)) this.arrange(now);
    this.troubles = troubled.join();
    say(this.troubledWords, t("only_troubled", { count: number(troubled.length, 0) }));
    hide(this.total, all.length === 0);
    hide(this.key, !all.some(({ latest }) => latest?.mode === "emotions"));
    say(this.total, totalWords(total(all, now)));
    hide(this.unreadable, this.school.unreadable === 0);
    say(this.unreadable, t("unreadable", { count: this.school.unreadable }));
    for (const card of this.visible) card.draw(now);
    this.scrollBack();
  }

  close(): void {
    this.remember();
    removeEventListener("pagehide", this.left);
    for (const each of ["wheel", "touchmove", "keydown"]) removeEventListener(each, this.moved);
    this.watcher.disconnect();
  }

  private set(change: Partial<typeof this.choice>): void {
    Object.assign(this.choice, change);
    this.arrange();
    this.remember();
  }

  /** Keep what is chosen, and where the window is. */
  private remember(): void {
    if (!this.element.isConnected) return;
    const { choice } = this;
    const shown = this.shown();
    const top = shown.find(({ element }) => element.getBoundingClientRect().bottom > 0);
    const stop = this.roving.key ?? "";
    delete choice.place;
    if (this.back) choice.place = this.back;
    else if (top && (scrollY > 0 || stop !== shown[0]?.device.key)) choice.place = { top: top.device.key, offset: top.element.getBoundingClientRect().top, stop };
    keep(choice);
  }

  /** Move the window to where it was, once the card is there: frame by frame, as a card has its true height only after it was seen. */
  private scrollBack(steps = FRAMES): void {
    if (!this.back || !this.element.isConnected) return;
    const { top, offset, stop } = this.back;
    const card = this.cards.get(top)?.element;
    if (!card?.isConnected) return;
    this.roving.rest(this.cards.get(stop));
    scrollBy(0, card.getBoundingClientRect().top - offset);
    if (steps > 0) requestAnimationFrame(() => this.scrollBack(steps - 1));
    else this.back = undefined;
  }

  /** Bring the cards into their order, leaving those alone that stay where they are. */
  private arrange(now = performance.now()): void {
    const devices = this.school.sorted();
    this.arranged = this.school.arrangement;
    this.sortedAt = now;
    this.prune();
    const sites = this.school.sites();
    hide(this.grouping, sites.length < 2);
    this.wall.href = wallAddress(sites.length === 1 ? sites[0]! : "");
    const elements: HTMLElement[] = [];
    for (const [site, group] of choose(devices, this.choice, now)) {
      if (this.choice.grouped) elements.push(this.heading(site));
      elements.push(...group.map((device) => this.card(device).element));
    }
    this.place(elements);
    hide(this.empty, elements.length > 0);
    say(this.empty, t(!devices.length ? "no_rooms" : this.choice.troubled && !this.choice.search ? "no_trouble" : "no_match"));
    this.roving.take(this.shown());
  }

  /** Forget the cards of devices that are no longer there. */
  private prune(): void {
    for (const [key, card] of this.cards) {
      if (this.school.devices.get(key) === card.device) continue;
      this.watcher.unobserve(card.element);
      this.visible.delete(card);
      this.cards.delete(key);
    }
  }

  private place(elements: readonly HTMLElement[]): void {
    const focused = document.activeElement;
    elements.forEach((element, index) => {
      if (this.grid.children[index] !== element) this.grid.insertBefore(element, this.grid.children[index] ?? null);
    });
    while (this.grid.children.length > elements.length) this.grid.lastElementChild?.remove();
    // An element that moves loses the focus.
    if (focused instanceof HTMLElement && focused !== document.activeElement && this.grid.contains(focused)) focused.focus({ preventScroll: true });
  }

  private shown(): Card[] {
    return [...this.grid.children].map((element) => this.byElement.get(element)).filter((card) => card !== undefined);
  }

  private heading(site: string): HTMLElement {
    let heading = this.headings.get(site);
    if (!heading) {
      heading = h("li", { class: "group" }, h("h2", {}, site), h("a", { href: wallAddress(site), "aria-label": t("named", { name: t("wall_screen"), text: site }) }, t("wall_screen")));
      this.headings.set(site, heading);
    }
    return heading;
  }

  private card(device: Device): Card {
    let card = this.cards.get(device.key);
    if (!card) {
      card = new Card(device);
      this.cards.set(device.key, card);
      this.byElement.set(card.element, card);
      this.watcher.observe(card.element);
    }
    return card;
  }

  private typeIn(letter: string): void {
    this.search.focus();
    this.search.value += letter;
    this.set({ search: this.search.value });
  }

  /** Arrow down leads from the search to what it found, Escape takes it back. */
  private leaveSearch(event: KeyboardEvent): void {
    if (event.key === "ArrowDown") {
      event.preventDefault();
      this.roving.enter();
    } else if (event.key === "Escape") {
      this.search.value = "";
      this.set({ search: "" });
    }
  }
}
