/** Draws steps and bands into a frame of a canvas. */
import { type Band, title } from "./bands";
import { colour, type Key, value } from "./groups";
import type { Step } from "./stretch";

/** Where to draw, in pixels of the canvas, and where a time and a number of people lie. */
export interface Frame {
  ctx: CanvasRenderingContext2D;
  left: number;
  top: number;
  width: number;
  height: number;
  x(milliseconds: number): number;
  y(people: number): number;
  /** Height of a letter, pixels of the canvas. */
  letter: number;
  ink: string;
  soft: string;
  card: string;
  /** Stands out from every colour of a group. */
  edge: string;
}

/** A part of a stack, or a line by itself. */
export interface Layer {
  key: Key;
  /** The lower and the upper end at a step, in people; null: nothing was published. */
  at(step: Step): [number, number] | null;
}

/** The layers of a stack, the first lowest. */
export function stacked(order: readonly Key[]): Layer[] {
  return order.map((key, place) => ({
    key,
    at: ({ mean }) => {
      const height = value(mean, key);
      if (height === null) return null;
      const below = order.slice(0, place).reduce((sum, each) => sum + (value(mean, each) ?? 0), 0);
      return [below, below + height];
    },
  }));
}

/** One layer alone, from the axis up. */
export function alone(key: Key): Layer {
  return {
    key,
    at: ({ mean }) => {
      const height = value(mean, key);
      return height === null ? null : [0, height];
    },
  };
}

/** Fill each step, with a line on top that sets it apart from its neighbours whatever their colours. */
export function fill(frame: Frame, steps: readonly Step[], layer: Layer): void {
  const { ctx } = frame;
  ctx.fillStyle = colour(layer.key);
  for (const step of steps) {
    const ends = layer.at(step);
    if (!ends) continue;
    const [left, right] = edges(frame, step);
    ctx.fillRect(left, frame.y(ends[1]), right - left, frame.y(ends[0]) - frame.y(ends[1]));
  }
  outline({ ...frame, ink: frame.edge }, steps, (step) => layer.at(step)?.[1] ?? null, frame.letter / 14);
}

/** A line of steps, broken where nothing was published. */
export function outline({ ctx, x, y, ink }: Frame, steps: readonly Step[], height: (step: Step) => number | null, width: number): void {
  ctx.strokeStyle = ink;
  ctx.lineWidth = width;
  ctx.beginPath();
  let until = Number.NaN;
  for (const step of steps) {
    const people = height(step);
    if (people === null) continue;
    if (until === step.from) ctx.lineTo(x(step.from), y(people));
    else ctx.moveTo(x(step.from), y(people));
    ctx.lineTo(x(step.until), y(people));
    until = step.until;
  }
  ctx.stroke();
}

/** How far a number may be off: between these two it is in nine of ten groups. */
export function errorBand(frame: Frame, steps: readonly Step[], key: Key): void {
  const { ctx } = frame;
  ctx.fillStyle = frame.ink;
  ctx.globalAlpha = 0.22;
  for (const step of steps) {
    const [people, error] = [value(step.mean, key), step.mean.error];
    if (people === null || error === null) continue;
    const [low, high] = [Math.max(0, people - error), Math.min(step.mean.people ?? people, people + error)];
    const [left, right] = edges(frame, step);
    ctx.fillRect(left, frame.y(high), right - left, frame.y(low) - frame.y(high));
  }
  ctx.globalAlpha = 1;
}

/** Times without numbers: hatched over their whole height, and named where there is place, if `named`. */
export function shade(frame: Frame, bands: readonly Band[], named: boolean): void {
  for (const band of bands) {
    const [left, right] = edges(frame, band);
    frame.ctx.fillStyle = hatch(frame.ctx, frame.soft, frame.letter * (band.reason === "paused" ? 0.4 : 0.7));
    frame.ctx.globalAlpha = band.reason === "above_max_share" ? 0.4 : 0.6;
    if (band.reason !== "no_records") frame.ctx.fillRect(left, frame.top, right - left, frame.height);
    frame.ctx.globalAlpha = 1;
    if (named) name(frame, title(band), Math.max(left, frame.left), Math.min(right, frame.left + frame.width));
  }
}

/** Along the band where it is wide enough, upwards where it is not. */
function name(frame: Frame, words: string, left: number, right: number): void {
  const { ctx, letter } = frame;
  ctx.font = `${letter}px system-ui, sans-serif`;
  const length = ctx.measureText(words).width + letter;
  const upwards = length > right - left;
  if (upwards && (right - left < 1.3 * letter || length > frame.height)) return;
  ctx.save();
  ctx.translate((left + right) / 2, upwards ? frame.top + frame.height / 2 : frame.top + 1.2 * letter);
  if (upwards) ctx.rotate(-Math.PI / 2);
  ctx.fillStyle = frame.card;
  ctx.fillRect(-length / 2, -0.65 * letter, length, 1.3 * letter);
  ctx.fillStyle = frame.ink;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(words, 0, 0);
  ctx.restore();
}

/** At least a pixel wide, however long the time that is shown. */
function edges({ x }: Frame, { from, until }: { from: number; until: number }): [number, number] {
  const left = Math.round(x(from));
  return [left, Math.max(left + 1, Math.round(x(until)))];
}

const tiles = new Map<string, HTMLCanvasElement>();

/** Thin diagonal lines, `apart` pixels from each other. */
function hatch(target: CanvasRenderingContext2D, ink: string, apart: number): CanvasPattern | string {
  const size = Math.max(4, Math.round(apart));
  let tile = tiles.get(`${ink} ${size}`);
  if (!tile) {
    tile = document.createElement("canvas");
    tile.width = tile.height = size;
    const ctx = tile.getContext("2d")!;
    ctx.strokeStyle = ink;
    ctx.lineWidth = Math.max(1, size / 8);
    ctx.beginPath();
    for (const shift of [-size, 0, size]) {
      ctx.moveTo(shift, size);
      ctx.lineTo(shift + size, 0);
    }
    ctx.stroke();
    tiles.set(`${ink} ${size}`, tile);
  }
  return target.createPattern(tile, "repeat") ?? "transparent";
}
