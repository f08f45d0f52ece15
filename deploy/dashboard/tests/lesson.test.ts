import { afterEach, expect, test, vi } from "vitest";
import { address, addressed, timed } from "../src/address";
import { Circumstances } from "../src/circumstances";
import { Device } from "../src/device";
import { csv } from "../src/download";
import { duration } from "../src/i18n";
import type { Fact, Summary } from "../src/lessons";
import { Past } from "../src/past";
import { comparison, sentences } from "../src/sentences";
import { Series } from "../src/series";
import { steps } from "../src/stretch";
import type { History } from "../src/way";
import { interval, WITHHELD } from "./records";

const AT = interval(0).start;
const PLACE = { site: "north", device: "pi" };
const MINUTE = 60_000;

afterEach(() => {
  vi.useRealTimers();
});

function summary(changes: Partial<Summary>): Summary {
  return { device: PLACE.device, lesson: null, other_devices: [], facts: [], changes: [], usual: null, ...changes };
}

test("numbers of a device that was replaced name it", () => {
  const own = (device: string | null) => sentences(summary({ device }), undefined, "pi");
  expect([own("pi"), own(null)]).toEqual([[], []]);
  expect(own("pi-old")[0]).toContain("another device, which counted in this room at that time: pi-old.");
});

test("every number of a sentence stands with how far it may be off", () => {
  const change = { at: AT, earliest: AT, latest: AT, group: "people", before: 24, after: 21, error: 0.6, gradual: false, with_people: false } as const;
  const share = { code: "share", group: "smiling", people: 6.9, share: 0.29, error: 3.7 } as const;
  const usual = { code: "usual", group: "other", unit: "share", value: 0.41, median: 0.29, low: 0.25, high: 0.33, error: 0.08, direction: "above", lessons: 5 } as const;
  const [first, second, third] = sentences(summary({ facts: [usual, share], changes: [change] }));
  expect(first).toBe("Smiling: 6.9 people on average, 29% of all. This may be off by 3.7 people.");
  expect(second).toMatch(/^\d\d:\d\d: all people changed from 24.0 to 21.0 people. The difference may be off by 0.6.$/);
  expect(third).toBe("Other emotions: 41%, more than usual: 29% is the median, 25% to 33% the middle half of 5 former lessons. The difference may be off by 8%.");
});

test("what moved all the time gets neither a moment nor levels", () => {
  const change = { at: AT, earliest: AT, latest: AT + 3 * MINUTE, group: "people", before: 14, after: 22.6, error: 2.3, gradual: true, with_people: false } as const;
  expect(sentences(summary({ changes: [change] }))[0]).toMatch(/^\d\d:\d\d–\d\d:\d\d, all people: the number rose\. It was not steady/);
  const fell = { ...change, after: 12, latest: AT + 30_000 };
  expect(sentences(summary({ changes: [fell] }))[0]).toMatch(/^\d\d:\d\d:\d\d–\d\d:\d\d:30, all people: the number fell\./);
});

test("who came in with the looks of the others is said to have come, and not to look otherwise", () => {
  const change = { at: AT, earliest: AT, latest: AT, group: "neutral", before: 8, after: 20, error: 3, gradual: false, with_people: true } as const;
  expect(sentences(summary({ changes: [change] }))[0]).toMatch(/may be off by 3\.0\. The number of people changed, too: the share of all changed by no more than the error\.$/);
});

test("what does not differ is named with both numbers, and as no difference", () => {
  const usual = { code: "as_usual", groups: [{ group: "people", unit: "people", value: 22.7, median: 23, error: 5.2 }, { group: "smiling", unit: "share", value: 0.31, median: 0.29, error: 0.16 }], lessons: 5 } as const;
  expect(sentences(summary({ facts: [usual as unknown as Fact] }))).toEqual(["As usual, within the error: all people 22.7 ± 5.2 (23.0), smiling 31% ± 16% (29%). In brackets: the median of 5 former lessons."]);
  const clear = { code: "difference", group: "people", unit: "people", value: 12, other: 24, error: 2.3, direction: "below" } as const;
  const alike = { code: "alike", groups: [{ group: "neutral", unit: "share", value: 0.5, other: 0.45 }] } as const;
  expect(comparison([clear, { ...alike, groups: [...alike.groups] }])).toEqual([
    "All people: 12.0 here, 24.0 in the other lesson. This is less; the difference may be off by 2.3.",
    "No difference that is larger than its error: neutral 50% (45%). In brackets: the other lesson.",
  ]);
});

test("how many there were stands with the most at once, where that is known", () => {
  const people = { code: "people", mean: 24.7, low: 24.7, high: 26, most: 27 } as const;
  expect(sentences(summary({ facts: [people, { ...people, most: null }] }))).toEqual([
    "24.7 people on average, most of the time between 24.7 and 26.0. At most 27 at once.",
    "24.7 people on average, most of the time between 24.7 and 26.0.",
  ]);
});

test("the times of a gap fit its length", () => {
  const gap = (from: number, to: number) => sentences(summary({ facts: [{ code: "untold", reason: "off", seconds: (to - from) / 1000, by: null, who: null, spans: [{ from, to }] }] }))[0];
  const hour = Math.floor(AT / (60 * MINUTE)) * 60 * MINUTE;
  expect(gap(hour + 34 * MINUTE + 40_000, hour + 40 * MINUTE)).toMatch(/for 5 min \(\d\d:35–\d\d:40\)/);
  expect(gap(hour + 34 * MINUTE + 40_000, hour + 35 * MINUTE)).toMatch(/for 20 sec \(\d\d:34:40–\d\d:35:00\)/);
});

test("a length is written so that it is not rounded to another one", () => {
  const written = [70, 90, 119, 120, 45 * 60, 90 * 60, 3.5 * 3600, 12.4 * 3600, 36 * 3600, 2.5 * 86_400, 20 * 86_400].map((seconds) => duration(seconds * 1000));
  expect(written).toEqual(["70 sec", "90 sec", "119 sec", "2 min", "45 min", "90 min", "3.5 hr", "12 hr", "36 hr", "2.5 days", "20 days"]);
});

test("what hid the people has the name that it has in the chart", () => {
  const dark = new Circumstances();
  dark.learn(AT, { light: "too_dark", picture: "too_dark", paused_by: [] });
  const gap: Fact = { code: "untold", reason: "not_observed", seconds: 180, by: null, who: null, spans: [{ from: AT, to: AT + 3 * MINUTE }] };
  expect(sentences(summary({ facts: [gap] }), dark)[0]).toMatch(/^Too dark: /);
  expect(sentences(summary({ facts: [gap] }), new Circumstances())[0]).toMatch(/^Not observed: /);
  expect(sentences(summary({ facts: [{ ...gap, spans: [...gap.spans, { from: AT - 9 * MINUTE, to: AT - 8 * MINUTE }] }] }), dark)[0]).toMatch(/^Not observed: /);
});

test("an error that is not known is not made up", () => {
  const [sentence] = sentences(summary({ facts: [{ code: "share", group: "unsure", people: 1, share: 0.05, error: null }] }));
  expect(sentence).toContain("is not known");
});

test("of nobody there is no share", () => {
  const [sentence] = sentences(summary({ facts: [{ code: "share", group: "neutral", people: 0, share: null, error: null }] }));
  expect(sentence).toBe("Neutral: nobody was counted.");
});

test.each([
  [{ reason: "paused", by: ["remote"], who: "anna" }, "Paused by anna: some or all numbers are missing for 3 min ("],
  [{ reason: "paused", by: ["schedule"], who: null }, "Paused by the schedule: some or all numbers are missing for 3 min ("],
  [{ reason: "paused", by: null, who: null }, "Paused: some or all numbers are missing for 3 min ("],
  [{ reason: "off", by: null, who: null }, "Device was off: some or all numbers are missing for 3 min ("],
] as const)("what was not published is named: %o", (why, words) => {
  const fact = { code: "untold", seconds: 180, spans: [{ from: AT, to: AT + 180_000 }], ...why } as unknown as Fact;
  expect(sentences(summary({ facts: [fact] }))[0]).toContain(words);
});

test("a link names room and time, and a damaged one names none", () => {
  const time: [number, number] = [AT, AT + 45 * 60_000];
  const link = address({ site: "north wing", device: "pi/1" }, time);
  expect([addressed(link), timed(link)]).toEqual(["north wing/pi/1", time]);
  expect(timed(link.slice(0, -9))).toBeUndefined();
  expect([addressed("#/a%/b"), timed("#/a/b")]).toEqual([undefined, undefined]);
});

test("cells of a table are quoted, and none can be a formula", () => {
  const series = new Series(10_000, 60);
  series.add(interval(0));
  series.add(interval(1, WITHHELD));
  const stretches = series.between(AT, interval(1).end);
  const table = csv({ stretches, width: 10_000, steps: steps(stretches, 10_000, 60_000), bands: [{ from: interval(1).start, until: interval(1).end, time: 10_000, reason: "paused", by: '=1+1"' }], from: AT, until: interval(1).end });
  const [, first, second] = table.split("\r\n");
  expect(first).toBe('"2026-11-24T09:00:00Z","2026-11-24T09:00:10Z","6","0","0","0","4","0","0","1.5","0.5","","1.4",""');
  expect(second).toContain('"","paused by =1+1"""');
});

test("a history that could not be read is asked again with the first record", async () => {
  const device = new Device(PLACE);
  const problems = ["the role teacher may not read this room"];
  const asked: number[] = [];
  const history = {
    recent: () => {
      asked.push(asked.length);
      const problem = problems.pop();
      return problem === undefined ? Promise.resolve() : Promise.reject(new Error(problem));
    },
  } as unknown as History;
  let done = () => {};
  const loaded = () => new Promise<void>((resolve) => {
    done = resolve;
  });
  const past = new Past(device, history, () => done());
  const period = { kind: "latest", span: 2_700_000 } as const;
  const first = loaded();
  past.recall(period, 0);
  await first;
  expect(past.problem).toContain("the role teacher");
  past.recall(period, 60_000); // nothing has come
  expect(asked).toHaveLength(1);
  device.take({ kind: "record", record: interval(0) }, 60_000);
  const second = loaded();
  past.recall(period, 70_000);
  await second;
  expect(past.problem).toBe("");
});

test("a lesson that is over is asked for again where it could not be read, also of a device that is off", async () => {
  const answers = [Promise.reject(new Error("the hub is stopping")), Promise.resolve(new Series(10_000, 1))];
  const lesson = vi.fn(() => answers.shift()!);
  const past = new Past(new Device(PLACE), { lesson } as unknown as History, () => {});
  const period = { kind: "past", from: AT, until: AT + 45 * MINUTE } as const;
  past.recall(period, 0);
  await vi.waitFor(() => expect(past.problem).toBe("the hub is stopping"));
  past.recall(period, MINUTE);
  expect(lesson).toHaveBeenCalledTimes(1);
  past.recall(period, 3 * MINUTE);
  await vi.waitFor(() => expect(past.problem).toBe(""));
  past.recall(period, 6 * MINUTE);
  expect(lesson).toHaveBeenCalledTimes(2);
});

test("a reading that failed is tried again, also where an earlier one succeeds after it", async () => {
  const device = new Device(PLACE);
  device.take({ kind: "record", record: interval(0) }, 0);
  const answers: { good: () => void; bad: (error: Error) => void }[] = [];
  const recent = () => new Promise<void>((good, bad) => answers.push({ good, bad }));
  const past = new Past(device, { recent } as unknown as History, () => {});
  const period = { kind: "latest", span: 2_700_000 } as const;
  past.recall(period, 0);
  past.forget(); // the connection was lost and is there again
  past.recall(period, 1000);
  answers[1]!.bad(new Error("the hub is stopping"));
  await vi.waitFor(() => expect(past.problem).toBe("the hub is stopping"));
  answers[0]!.good();
  await new Promise((resolve) => setTimeout(resolve)); // it has taken its answer
  device.take({ kind: "record", record: interval(1) }, 10_000);
  past.recall(period, 20_000);
  expect(answers).toHaveLength(3);
});

test("a time that began long ago is read again while it goes on, and until its last records have come", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const asked: number[] = [];
  const lesson = () => {
    asked.push(Date.now());
    return Promise.resolve(new Series(10_000, 1));
  };
  let done = () => {};
  const past = new Past(new Device(PLACE), { lesson } as unknown as History, () => done());
  const period = { kind: "past", from: AT, until: AT + 120 * MINUTE } as const;
  for (let minute = 110; minute <= 140; minute++) {
    vi.setSystemTime(AT + minute * MINUTE);
    const before = asked.length;
    const loaded = new Promise<void>((resolve) => {
      done = resolve;
    });
    past.recall(period, minute * MINUTE);
    if (asked.length > before) await loaded;
  }
  expect(asked.map((time) => (time - AT) / MINUTE)).toEqual([110, 113, 116, 119, 122]);
});
