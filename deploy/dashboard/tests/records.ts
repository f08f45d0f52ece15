/** Records as a device publishes them. */
import type { Interval } from "../src/contract";

const START = Date.parse("2026-11-24T09:00:00Z");

export function payload(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    schema: 1, mode: "emotions", device: "pi", site: "north", room: "B12", boot: "6f1c2a9e", seq: 0,
    start: "2026-11-24T09:00:00Z", end: "2026-11-24T09:00:10Z", clock: "synced",
    frames: { analysed: 20, expected: 20 }, faces: { mean: 6, max: 7 },
    emotions: { angry: 0, disgust: 0, fear: 0, happy: 4, sad: 0, surprise: 0, neutral: 1.5 }, unsure: 0.5, other: null,
    observations: { angry: null, disgust: null, fear: null, happy: null, sad: null, surprise: null, neutral: null, unsure: null },
    suppressed: null, emotions_error: 1.4, privacy: { min_group: 5, max_share: 0.9, min_cell: 0 }, model: "emotion-edge-standard-7 (sha256 d40119a570b5)", replayed: false,
    ...changes,
  };
}

export const WITHHELD = {
  suppressed: "below_min_group", faces: { mean: null, max: null }, unsure: null, emotions_error: null,
  emotions: { angry: null, disgust: null, fear: null, happy: null, sad: null, surprise: null, neutral: null },
};

/** The record `number` intervals of 10 s after nine o'clock. */
export function interval(number: number, changes: Record<string, unknown> = {}): Interval {
  const start = START + number * 10_000;
  return { ...payload(), seq: number, ...changes, start, end: start + 10_000 } as unknown as Interval;
}
