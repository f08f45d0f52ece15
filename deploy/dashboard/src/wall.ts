/** A screen on a wall: the rooms of a site fill it, those in trouble first; nobody touches it. */
import { Awake } from "./awake";
import { Bar } from "./bar";
import { entry, groupEntries } from "./colourkey";
import type { Device } from "./device";
import { h, hide, say } from "./dom";
import { glance, isTroubled, totalWords } from "./glance";
import { keys } from "./groups";
import { clock, t } from "./i18n";
import type { Link } from "./link";
import { type School, total } from "./school";
import { showSimulated, simulatedMark } from "./simulated";
import { tiling } from "./tiling";
import type { View } from "./view";

/** Letters; a longer name is smaller, and may take two lines. */
const LONG = 12;

type Kind = "trouble" | "counting" | "quiet";

export class Wall implements View {
  readonly alone = true;
  private readonly status = h("p", { class: "link", role: "status" });
  private readonly total = h("p", { class: "total" });
  private readonly time = h("span", { class: "clock" });
  private readonly tiles = h("ul", { class: "tiles" });
  private readonly empty = h("p", { class: "empty" }, t("no_rooms"));
  private readonly rest = h("li", { class: "tile rest" });
  readonly element: HTMLElement;
  private readonly byKey = new Map<string, Tile>();
  private readonly awake = new Awake();
  private readonly watcher = new ResizeObserver(() => this.arrange());
  private sorted: Device[] = [];
  private arranged = -1;
  private order = "";

  /** `site`: empty for all; `notes`: what else has to be said, small. */
  constructor(
    private readonly school: School,
    private readonly site: string,
    notes: string[],
  ) {
    this.element = h(
      "section",
      { class: "wall", "aria-labelledby": "wall" },
      h("div", { class: "wallhead" }, h("h1", { id: "wall" }, site || t("school")), this.total, this.status, this.time, h("a", { href: "#/", class: "back", "aria-label": t("back") }, "←")),
      this.empty,
      this.tiles,
      h("div", { class: "wallfoot" }, key(), ...notes.map((note) => h("p", {}, note))),
    );
    this.watcher.observe(this.tiles);
  }

  link(link: Link, words: string): void {
    const connected = link === "connected";
    this.status.dataset.link = link;
    hide(this.status, connected);
    say(this.status, connected ? "" : words);
  }

  changed(): void {}

  draw(now: number): void {
    if (this.school.arrangement !== this.arranged) {
      this.arranged = this.school.arrangement;
      this.sorted = this.school.sorted().filter(({ place }) => !this.site || place.site === this.site);
    }
    say(this.time, clock(Date.now()));
    say(this.total, totalWords(total(this.sorted, now)));
    hide(this.empty, this.sorted.length > 0);
    hide(this.total, this.sorted.length === 0);
    this.arrange(now);
    for (const tile of this.byKey.values()) tile.draw(now);
  }

  close(): void {
    this.awake.close();
    this.watcher.disconnect();
  }

  /** Give each room its tile; the order of those that are well does not change, so that each is found where it was. */
  private arrange(now = performance.now()): void {
    const { clientWidth: width, clientHeight: height } = this.tiles;
    if (width === 0) return;
    const { columns, rows, letter, places } = tiling(this.sorted.length, width, height, parseFloat(getComputedStyle(this.tiles).columnGap) || 0);
    const troubled = new Set(this.sorted.filter((device) => kindOf(device, now) === "trouble"));
    const all = [...troubled, ...this.sorted.filter((device) => !troubled.has(device))];
    const seen = all.length > places ? all.slice(0, places - 1) : all;
    const order = [columns, rows, letter.toFixed(2), all.length, ...seen.map((device) => device.key)].join();
    if (order === this.order) return;
    this.order = order;
    this.tiles.style.setProperty("--columns", String(columns));
    this.tiles.style.setProperty("--rows", String(rows));
    this.tiles.style.setProperty("--letter", `${letter}px`);
    const kept = seen.map((device) => this.tile(device));
    this.byKey.clear();
    for (const tile of kept) this.byKey.set(tile.device.key, tile);
    say(this.rest, t("more_rooms", { count: all.length - seen.length }));
    this.tiles.replaceChildren(...kept.map(({ element }) => element), ...(seen.length < all.length ? [this.rest] : []));
    for (const tile of kept) tile.draw(now);
  }

  private tile(device: Device): Tile {
    const tile = this.byKey.get(device.key);
    return tile?.device === device ? tile : new Tile(device);
  }
}

class Tile {
  private readonly name = h("h2", {});
  private readonly state = h("span", { class: "state" });
  private readonly people = h("p", { class: "people" });
  private readonly bar = new Bar();
  private readonly words = h("p", { class: "words" });
  private readonly simulated = simulatedMark();
  readonly element = h("li", { class: "tile" }, h("div", { class: "top" }, this.name, this.state), this.people, this.bar.element, this.words, this.simulated);

  constructor(readonly device: Device) {}

  draw(now: number): void {
    const { device } = this;
    const seen = glance(device, now);
    const kind = kindOf(device, now);
    if (this.element.dataset.kind !== kind) this.element.dataset.kind = kind;
    say(this.name, device.title);
    showSimulated(this.simulated, device);
    this.name.classList.toggle("long", device.title.length > LONG);
    this.element.classList.toggle("told", seen.mix !== undefined);
    const usual = seen.state === "counting" && !device.practises;
    say(this.state, usual ? "" : device.practises ? t("practice_brief") : t(`state_${seen.state}`));
    hide(this.people, !seen.mix);
    say(this.people, seen.people);
    hide(this.bar.element, !seen.mix);
    this.bar.show(seen.mix, keys("few"));
    say(this.words, kind === "trouble" && seen.attention && seen.mix ? t("attention_needed") : seen.words);
  }
}

function kindOf(device: Device, now: number): Kind {
  if (isTroubled(device, now)) return "trouble";
  return device.state(now) === "counting" ? "counting" : "quiet";
}

/** What the colours mean. */
function key(): HTMLElement {
  const kind = (each: Kind, words: string) => entry(h("span", { class: `mark ${each}`, "aria-hidden": "true" }), words);
  return h("ul", { class: "key" }, ...groupEntries(), kind("trouble", t("attention_needed")), kind("quiet", t("no_number")));
}
