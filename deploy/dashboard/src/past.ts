/** Reads what a room's chart needs from the history, where one is kept, and again where that may have changed. */
import type { Interval } from "./contract";
import type { Device } from "./device";
import { blockOf, isLong, isRunning, length, MINUTE, type Period } from "./period";
import type { Series } from "./series";
import type { Stretch } from "./stretch";
import type { History } from "./way";

/** What goes on is read again after this time, and once more this long after its end: its last records come late. */
const READ_EVERY = 2 * MINUTE;
/** One that could not be read is, too; with a new record after this time already. */
const TRY_AGAIN = 5_000;

/** Stretches of `width` milliseconds. */
export interface Course {
  stretches: Stretch[];
  width: number;
}

export class Past {
  /** Why the history cannot be read; empty: it can. */
  problem = "";
  private averages: Stretch[] = [];
  private lesson: Series | undefined;
  private asked = "";
  private at = 0;
  /** When it was asked, milliseconds since 1970. */
  private clock = 0;
  /** Counts readings: only the latest one says whether the history can be read. */
  private reading = 0;
  /** The latest record when the history could not be read. */
  private latest: Interval | undefined;

  constructor(
    private readonly device: Device,
    private readonly history: History | undefined,
    private readonly loaded: () => void,
  ) {}

  /** What is known of a period that ends at `until`, milliseconds since 1970. */
  course(period: Period, until: number): Course {
    const from = period.kind === "past" ? period.from : until - length(period);
    if (period.kind === "past" && !isRunning(period)) return course(this.lesson, from, until);
    if (!isLong(period)) return course(this.device.lesson, from, until);
    return this.history ? { stretches: this.averages, width: blockOf(period) } : course(this.device.day, from, until);
  }

  /** Something may have been missed. */
  forget(): void {
    this.asked = "";
  }

  /** Read what was not read yet, or not lately; `now`: milliseconds of `performance.now`. */
  recall(period: Period, now: number): void {
    if (!this.history) return;
    const wanted = [this.device.room, ...(period.kind === "past" && !isRunning(period) ? [period.from, period.until] : isLong(period) ? [length(period)] : [])].join(" ");
    const grows = period.kind === "latest" ? isLong(period) : !isRunning(period) && this.clock < period.until + READ_EVERY;
    const old = grows && now - this.at > READ_EVERY;
    const retry = this.problem !== "" && now - this.at > (this.device.latest === this.latest ? READ_EVERY : TRY_AGAIN);
    if (wanted === this.asked && !old && !retry) return;
    if (wanted !== this.asked) {
      this.averages = [];
      this.lesson = undefined;
    }
    this.asked = wanted;
    this.at = now;
    this.clock = Date.now();
    void this.load(this.history, period);
  }

  private async load(history: History, period: Period): Promise<void> {
    const reading = ++this.reading;
    this.latest = this.device.latest;
    try {
      const take = await this.read(history, period);
      if (reading !== this.reading) return;
      take();
      this.problem = "";
    } catch (error) {
      if (reading !== this.reading) return;
      this.problem = error instanceof Error ? error.message : String(error);
    }
    this.loaded();
  }

  /** Read, and return what takes in what was read. */
  private async read(history: History, period: Period): Promise<() => void> {
    const { device } = this;
    if (period.kind === "past" && !isRunning(period)) {
      const series = await history.lesson(device, period.from, period.until);
      return () => {
        this.lesson = series;
      };
    }
    if (!isLong(period)) {
      await history.recent(device);
      return () => undefined;
    }
    const until = Date.now();
    const found = await history.averages(device, until - length(period), until, blockOf(period));
    return () => {
      this.averages = found;
    };
  }
}

function course(series: Series | undefined, from: number, until: number): Course {
  return { stretches: series?.between(from, until) ?? [], width: series?.width ?? MINUTE };
}
