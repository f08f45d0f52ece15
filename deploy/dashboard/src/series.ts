/** Averages over equal stretches of time in a ring that is allocated once: memory does not grow with the day. */
import { EMOTIONS, type Interval, LABELS, SUPPRESSIONS } from "./contract";
import { nothing, ROUNDING, type Stretch } from "./stretch";

const PEOPLE = LABELS.length; // column of all people, after those of the labels
const DETAILED = PEOPLE + 1; // people of the records with emotions
const ERROR = PEOPLE + 2;
const COLUMNS = PEOPLE + 3;

export class Series {
  private readonly sums: Float32Array;
  private readonly published: Float32Array;
  private readonly detailed: Float32Array;
  private readonly known: Float32Array; // for how long the error is known
  private readonly covered: Float32Array;
  private readonly thin: Float32Array;
  private readonly stretch: Int32Array;
  /** Of the latest record that withholds something: the place of its reason in SUPPRESSIONS, from 1. */
  private readonly why: Uint8Array;
  /** For how long that reason held. */
  private readonly held: Float32Array;
  /** A bit for each label that some record has only as a part of `other`. */
  private readonly hidden: Uint8Array;

  /** `width` milliseconds each, `count` of them. */
  constructor(
    readonly width: number,
    readonly count: number,
  ) {
    this.sums = new Float32Array(count * COLUMNS);
    this.published = new Float32Array(count);
    this.detailed = new Float32Array(count);
    this.known = new Float32Array(count);
    this.covered = new Float32Array(count);
    this.thin = new Float32Array(count);
    this.stretch = new Int32Array(count).fill(-1);
    this.why = new Uint8Array(count);
    this.held = new Float32Array(count);
    this.hidden = new Uint8Array(count);
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
    if (held < number) this.clear(slot, number);
    this.covered[slot]! += weight;
    if (isThin(record)) this.thin[slot]! += weight;
    if (record.suppressed) {
      const why = SUPPRESSIONS.indexOf(record.suppressed) + 1;
      this.held[slot] = (this.why[slot] === why ? this.held[slot]! : 0) + weight;
      this.why[slot] = why;
    }
    const { mean } = record.faces;
    if (mean === null) return;
    const at = slot * COLUMNS;
    this.published[slot]! += weight;
    this.sums[at + PEOPLE]! += weight * mean;
    if (record.emotions_error !== null) {
      this.known[slot]! += weight;
      this.sums[at + ERROR]! += weight * record.emotions_error;
    }
    const values = shown(record);
    if (values.every((value) => value === null)) return; // presence only
    this.detailed[slot]! += weight;
    this.sums[at + DETAILED]! += weight * mean;
    for (const [column, value] of values.entries()) {
      if (value === null) this.hidden[slot]! |= 1 << column;
      else this.sums[at + column]! += weight * value;
    }
  }

  private clear(slot: number, number: number): void {
    this.stretch[slot] = number;
    this.sums.fill(0, slot * COLUMNS, (slot + 1) * COLUMNS);
    for (const each of [this.published, this.detailed, this.known, this.covered, this.thin, this.why, this.held, this.hidden]) each[slot] = 0;
  }

  private get(number: number): Stretch {
    const slot = number % this.count;
    const start = number * this.width;
    if (this.stretch[slot] !== number) return nothing(start);
    const published = this.published[slot] ?? 0;
    const detailed = this.detailed[slot] ?? 0;
    const known = this.known[slot] ?? 0;
    const covered = this.covered[slot] ?? 0;
    const hidden = this.hidden[slot] ?? 0;
    const at = (column: number) => this.sums[slot * COLUMNS + column] ?? 0;
    const labels = LABELS.map((_, column) => (detailed && !(hidden & (1 << column)) ? at(column) / detailed : null));
    const rest = at(DETAILED) / detailed - labels.reduce<number>((sum, value) => sum + (value ?? 0), 0);
    return {
      start,
      people: published ? at(PEOPLE) / published : null,
      labels,
      other: detailed && hidden && rest > ROUNDING ? rest : null,
      error: known ? at(ERROR) / known : null,
      covered: Math.min(1, covered),
      published: Math.min(1, published),
      thin: covered ? (this.thin[slot] ?? 0) / covered : 0,
      why: SUPPRESSIONS[(this.why[slot] ?? 0) - 1],
      held: Math.min(1, this.held[slot] ?? 0) * this.width,
    };
  }
}

/** The numbers of people for `LABELS`, null where withheld. */
export function shown(record: Interval): (number | null)[] {
  return [...EMOTIONS.map((name) => record.emotions[name]), record.unsure];
}

/** Whether fewer than half of the frames were analysed: such an average rests on little. */
export function isThin(record: Interval): boolean {
  return record.suppressed !== "paused" && record.frames.analysed < record.frames.expected / 2;
}
