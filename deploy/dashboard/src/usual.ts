/** What is usual: the median and the middle half of former lessons, minute by minute. Never a norm. */
import type { Key } from "./groups";
import type { Group, Usual } from "./lessons";
import type { Frame } from "./paint";
import { MINUTE } from "./period";

const GROUP_OF: Partial<Record<Key, Group>> = { happy: "smiling", neutral: "neutral", rest: "other", unsure: "unsure" };

/** A lesson's begin, milliseconds since 1970, and what was usual in former ones. */
export interface Former {
  begin: number;
  usual: Usual;
}

/** Draw it of a group, or of all people. */
export function drawUsual({ ctx, x, y, ink, card, letter }: Frame, { begin, usual }: Former, key: Key | undefined): void {
  const group = key === undefined ? "people" : GROUP_OF[key];
  if (!group) return;
  for (const each of usual.minutes) {
    const quartiles = each[group];
    if (!quartiles) continue;
    const left = x(begin + each.minute * MINUTE);
    const right = x(begin + (each.minute + 1) * MINUTE);
    ctx.strokeStyle = ink;
    ctx.lineWidth = letter / 12;
    for (const end of [quartiles.low, quartiles.high]) line(ctx, left, right, y(end));
    ctx.lineWidth = letter / 3;
    ctx.strokeStyle = card; // so that it is seen on every colour
    line(ctx, left, right, y(quartiles.median));
    ctx.lineWidth = letter / 6;
    ctx.strokeStyle = ink;
    ctx.setLineDash([letter / 3, letter / 4]);
    line(ctx, left, right, y(quartiles.median));
    ctx.setLineDash([]);
  }
}

/** The largest number of people that it reaches. */
export function highestUsual(former: Former | undefined, key: Key | undefined): number {
  const group = key === undefined ? "people" : GROUP_OF[key];
  return former && group ? Math.max(0, ...former.usual.minutes.map((each) => each[group]?.high ?? 0)) : 0;
}

function line(ctx: CanvasRenderingContext2D, left: number, right: number, height: number): void {
  ctx.beginPath();
  ctx.moveTo(left, height);
  ctx.lineTo(right, height);
  ctx.stroke();
}
