/** Averages over equal stretches of time in a ring that is allocated once: memory does not grow with the day. */
import { EMOTIONS, type Interval, LABELS, SUPPRESSIONS, type Suppression } from "./contract";

const COLUMNS = LABELS.length + 1; // the labels, and all people
const PEOPLE = LABELS.length;

export interface Stretch {
  /** Its beginning, milliseconds since 1970. */
  start: number;
  /** Average number of people, or null where nothing may be told. */
  people: number | null;
  /** Average number of people showing each of `LABELS`, or null where nothing may be told. */
  labels: (number | null)[];
  /** Share of the stretch for which records exist at all, 0-1. */
  covered: number;
  /** Share of the records' time in which the frames were fewer than half of what was expected, 0-1. */
  thin: number;
  /** Why emotions, or all numbers, are withheld; undefined where they are not. */
  why: Suppression | undefined;
}

export class Series {
  private readonly sums: Float32Array;
  private readonly told: Float32Array;
  private readonly detailed: Float32Array;
  private readonly covered: Float32Array;
  private readonly thin: Float32Array;
  private readonly stretch: Int32Array;
  /** Of the latest record that withholds something: the place of its reason in SUPPRESSIONS, from 1. */
  private readonly why: Uint8Array;

  /** `width` milliseconds each, `count` of them. */
  constructor(
    readonly width: number,
    readonly count: number,
  ) {
    this.sums = new Float32Array(count * COLUMNS);
    this.told = new Float32Array(count);
    this.detailed = new Float32Array(count);
    this.covered = new Float32Array(count);
    this.thin = new Float32Array(count);
    this.stretch = new Int32Array(count).fill(-1);
    this.why = new Uint8Array(count);
  }

  /** Take in a record; one that is longer than a stretch is spread over those it covers. */
  add(record: Interval): void {
    const first = Math.floor(record.start / this.width);
    const last = Math.floor((record.end - 1) / this.width);
    for (let number = first; number <= last; number++) {
      const begin = Math.max(record.start, number * this.width);
      const end = Math.min(record.end, (number + 1) * this.width);
      this.put(number, record, (end - begin) / this.width);
    }
  }

  /** The stretches from `from` to `until` in order, those without any record too. */
  between(from: number, until: number): Stretch[] {
    const found: Stretch[] = [];
    const first = Math.max(Math.floor(from / this.width), Math.ceil(until / this.width) - this.count);
    for (let number = first; number * this.width < until; number++) found.push(this.get(number));
    return found;
  }

  private put(number: number, record: Interval, weight: number): void {
    const slot = number % this.count;
    const held = this.stretch[slot] ?? -1;
    if (held > number) return; // older than what the ring holds
    if (held < number) {
      this.stretch[slot] = number;
      this.sums.fill(0, slot * COLUMNS, (slot + 1) * COLUMNS);
      for (const each of [this.told, this.detailed, this.covered, this.thin, this.why]) each[slot] = 0;
    }
    this.covered[slot]! += weight;
    if (isThin(record)) this.thin[slot]! += weight;
    if (record.suppressed) this.why[slot] = SUPPRESSIONS.indexOf(record.suppressed) + 1;
    if (record.faces.mean === null) return;
    this.told[slot]! += weight;
    this.sums[slot * COLUMNS + PEOPLE]! += weight * record.faces.mean;
    const values = shown(record);
    if (values.some((value) => value === null)) return;
    this.detailed[slot]! += weight;
    for (const [column, value] of values.entries()) this.sums[slot * COLUMNS + column]! += weight * (value ?? 0);
  }

  private get(number: number): Stretch {
    const slot = number % this.count;
    const start = number * this.width;
    if (this.stretch[slot] !== number) return nothing(start);
    const told = this.told[slot] ?? 0;
    const detailed = this.detailed[slot] ?? 0;
    const covered = this.covered[slot] ?? 0;
    const at = (column: number) => this.sums[slot * COLUMNS + column] ?? 0;
    return {
      start,
      people: told ? at(PEOPLE) / told : null,
      labels: LABELS.map((_, column) => (detailed ? at(column) / detailed : null)),
      covered: Math.min(1, covered),
      thin: covered ? (this.thin[slot] ?? 0) / covered : 0,
      why: detailed ? undefined : SUPPRESSIONS[(this.why[slot] ?? 0) - 1],
    };
  }
}

/** A stretch without any record. */
export function nothing(start: number): Stretch {
  return { start, people: null, labels: LABELS.map(() => null), covered: 0, thin: 0, why: undefined };
}

/** The numbers of people for `LABELS`, null where withheld. */
export function shown(record: Interval): (number | null)[] {
  return [...EMOTIONS.map((name) => record.emotions[name]), record.unsure];
}

/** Whether fewer than half of the frames were analysed: such an average rests on little. */
export function isThin(record: Interval): boolean {
  return record.suppressed !== "paused" && record.frames.analysed < record.frames.expected / 2;
}
