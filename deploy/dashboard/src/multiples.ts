/** Each group by itself over the same time, so that a small one can be read; with how far its number may be off. */
import type { Band } from "./bands";
import { h, say } from "./dom";
import { type Detail, type Key, name, value } from "./groups";
import { number, t } from "./i18n";
import { alone, errorBand, fill, type Frame, shade } from "./paint";
import type { Step } from "./stretch";
import { drawUsual, type Former, highestUsual } from "./usual";

const LOWEST_TOP = 3;

/** What all of them show. */
interface Scene {
  steps: Step[];
  bands: Band[];
  from: number;
  until: number;
  former: Former | undefined;
}

export class Multiples {
  readonly element = h("div", { class: "multiples" });
  private panels: Panel[] = [];
  private shown = "";

  show(scene: Scene, order: readonly Key[], detail: Detail): void {
    const wanted = `${detail} ${order.join()}`;
    if (wanted !== this.shown) {
      this.shown = wanted;
      this.panels = order.map((key) => new Panel(key, name(key, detail)));
      this.element.replaceChildren(...this.panels.map((panel) => panel.element));
    }
    for (const panel of this.panels) panel.draw(scene);
  }
}

class Panel {
  private readonly canvas = h("canvas", { role: "img" });
  private readonly top = h("span", { class: "top", "aria-hidden": "true" });
  private readonly range = h("span", { class: "range" });
  readonly element: HTMLElement;

  constructor(
    private readonly key: Key,
    private readonly title: string,
  ) {
    this.element = h("figure", {}, h("figcaption", {}, title, " ", this.range), h("div", { class: "panel" }, this.top, h("span", { class: "zero", "aria-hidden": "true" }, "0"), this.canvas));
  }

  draw({ steps, bands, from, until, former }: Scene): void {
    const values = steps.map(({ mean }) => value(mean, this.key)).filter((each) => each !== null);
    const words = values.length ? t("from_to", { low: number(Math.min(...values)), high: number(Math.max(...values)) }) : t("nothing");
    say(this.range, words);
    const label = t("named", { name: this.title, text: words });
    if (this.canvas.getAttribute("aria-label") !== label) this.canvas.setAttribute("aria-label", label);
    const highest = steps.reduce((most, { mean }) => Math.max(most, (value(mean, this.key) ?? 0) + (mean.error ?? 0)), 0);
    const top = Math.ceil(Math.max(LOWEST_TOP, highest, highestUsual(former, this.key)));
    say(this.top, number(top, 0));
    const frame = this.frame(from, until, top);
    if (!frame) return;
    fill(frame, steps, alone(this.key));
    errorBand(frame, steps, this.key);
    if (former) drawUsual(frame, former, this.key);
    shade(frame, bands, false);
  }

  private frame(from: number, until: number, top: number): Frame | undefined {
    const { canvas } = this;
    const width = Math.round(canvas.clientWidth * devicePixelRatio);
    const height = Math.round(canvas.clientHeight * devicePixelRatio);
    if (!width || !height) return undefined;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const ctx = canvas.getContext("2d")!;
    ctx.clearRect(0, 0, width, height);
    const style = getComputedStyle(canvas);
    const read = (property: string) => style.getPropertyValue(property).trim();
    const x = (time: number) => ((time - from) / (until - from)) * width;
    const y = (people: number) => height - (people / top) * (height - 2) - 1;
    return { ctx, left: 0, top: 0, width, height, x, y, letter: parseFloat(style.fontSize) * devicePixelRatio * 0.7, ink: read("--ink"), soft: read("--soft"), card: read("--card"), edge: read("--edge") };
  }
}
