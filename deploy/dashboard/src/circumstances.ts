/** What a device said about itself over time, as far as it explains missing numbers. */
import type { Health } from "./contract";

/** The pictures in which nobody can be found. In others some people may be missed, but what is found is published. */
const HIDING = ["too_dark", "out_of_focus", "upside_down", "on_its_side"] as const;

export type Hindrance = (typeof HIDING)[number];
export type Source = NonNullable<Health["paused_by"]>[number];

interface Circumstance {
  /** When the device said it first and last, milliseconds since 1970. */
  at: number;
  said: number;
  hindrance: Hindrance | undefined;
  sources: readonly Source[];
}

/** Changes that are kept; a day has few. */
const MOST = 500;
/** Milliseconds. A device publishes a change at once, and its health every 30 s; one of an earlier release each minute. */
const NEAR = 90_000;
/** Milliseconds. A hub keeps health at least each ten minutes, by messages that come each half: what was said longer ago holds no more. */
export const HOLDS = 11 * 60_000;

export class Circumstances {
  private readonly known: Circumstance[] = [];

  /** `at`: when the device said it, milliseconds since 1970; messages may come in any order. */
  learn(at: number, health: Pick<Health, "light" | "picture" | "paused_by">): void {
    const learned = { at, said: at, hindrance: hindrance(health), sources: health.paused_by ?? [] };
    const place = this.known.findLastIndex((each) => each.at <= at) + 1;
    const before = this.known[place - 1];
    if (before && before.hindrance === learned.hindrance && before.sources.join() === learned.sources.join()) {
      before.said = Math.max(before.said, at);
      return;
    }
    this.known.splice(place, 0, learned);
    if (this.known.length > MOST) this.known.shift();
  }

  /** What hid people from `from` to `until`, milliseconds since 1970; undefined: nothing is known to have. */
  hindrance(from: number, until: number): Hindrance | undefined {
    return this.of(from, until).find((each) => each.hindrance)?.hindrance;
  }

  /** What paused the device in that time; empty: that is not known. */
  sources(from: number, until: number): readonly Source[] {
    return this.of(from, until).find((each) => each.sources.length > 0)?.sources ?? [];
  }

  /** Since when the device is paused, milliseconds since 1970; undefined: its begin is not known. */
  pausedSince(): number | undefined {
    const before = this.known.findLastIndex(({ sources }) => sources.length === 0);
    const [last, next] = [this.known[before], this.known[before + 1]];
    return last && next && next.at - last.said <= HOLDS ? next.at : undefined;
  }

  private of(from: number, until: number): Circumstance[] {
    const held = this.known.findLastIndex((each) => each.at <= from);
    return this.known.slice(Math.max(0, held)).filter((each) => each.said >= from - HOLDS && each.at <= until + NEAR);
  }
}

/** What hides people in the pictures so that none can be found. */
export function hindrance({ picture, light }: Pick<Health, "light" | "picture">): Hindrance | undefined {
  return HIDING.find((each) => each === picture) ?? (light === "too_dark" ? "too_dark" : undefined);
}
