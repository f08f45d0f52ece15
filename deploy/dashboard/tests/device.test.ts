import { expect, test } from "vitest";
import { Device } from "../src/device";
import { Heard } from "../src/heard";
import { bands } from "../src/bands";
import { LABELS } from "../src/contract";
import { isTroubled } from "../src/glance";
import { School, total } from "../src/school";
import { Series } from "../src/series";
import { silence } from "../src/silence";
import { excuse } from "../src/words";
import { interval, WITHHELD } from "./records";

const record = (number: number, changes = {}) => ({ kind: "record", record: interval(number, changes) }) as const;

test("a repeated record counts once, one that was late fills its gap", () => {
  const heard = new Heard();
  expect([0, 1, 4, 4, 1].map((seq) => heard.add("boot", seq))).toEqual([true, true, true, false, false]);
  expect(heard.missing).toBe(2);
  heard.add("boot", 3);
  heard.add("boot", 2);
  expect(heard.missing).toBe(0);
  expect(heard.add("another boot", 0)).toBe(true);
});

test("what was published while nobody listened is not missing", () => {
  const heard = new Heard();
  for (const seq of [0, 1, 3]) heard.add("boot", seq);
  heard.rest();
  for (const seq of [900, 901, 904]) heard.add("boot", seq);
  expect(heard.missing).toBe(3);
  heard.rest();
  heard.rest();
  for (const seq of [905, 907]) heard.add("boot", seq); // it had not missed anything but that
  expect(heard.missing).toBe(4);
});

test("a record of a clock that is years ahead is the latest until the next one comes", () => {
  const device = new Device({ site: "north", device: "pi" });
  device.take(record(0), 0);
  device.take({ kind: "record", record: { ...interval(1), start: 2e12, end: 2e12 + 10_000 } }, 1);
  device.take(record(2), 2);
  expect(device.latest?.seq).toBe(2);
  device.take({ kind: "record", record: { ...interval(0), boot: "0badb007" } }, 3);
  expect(device.latest?.boot).toBe("0badb007");
});

test("a record from the past changes the history and not what is shown as now", () => {
  const device = new Device({ site: "north", device: "pi" });
  device.take(record(10), 0);
  device.take(record(3, { replayed: true, faces: { mean: 9, max: 9 } }), 1);
  expect(device.current(2)?.seq).toBe(10);
  expect(device.lesson?.between(interval(3).start, interval(3).end)[0]?.people).toBe(9);
});

test("practice is shown as now, and is in no course", () => {
  const device = new Device({ site: "north", device: "pi" });
  device.take(record(0, { practice: true, faces: { mean: 1, max: 1 } }), 0);
  device.take(record(1), 1);
  device.take(record(2, { practice: true, faces: { mean: 1, max: 1 } }), 2);
  expect(device.current(3)?.faces.mean).toBe(1);
  expect(device.missing).toBe(0);
  expect(device.day!.between(interval(0).start, interval(0).end)[0]?.people).toBeCloseTo(6);
});

test("what is withheld is a gap, never zero", () => {
  const device = new Device({ site: "north", device: "pi" });
  device.take(record(0, WITHHELD), 0);
  expect(device.state(1)).toBe("withheld");
  expect(device.current(1)).toBeUndefined();
  const [stretch] = device.lesson!.between(interval(0).start, interval(0).end);
  expect(stretch).toMatchObject({ people: null, covered: 1 });
  expect(stretch!.labels).toEqual(LABELS.map(() => null));
});

test("withheld time has no part in an average", () => {
  const day = new Series(120_000, 720);
  day.add(interval(0));
  day.add(interval(1, WITHHELD));
  expect(day.between(interval(0).start, interval(0).end)[0]?.people).toBeCloseTo(6);
});

test("a record that was read from the history is the latest once it arrives live", () => {
  const device = new Device({ site: "north", device: "pi" });
  device.take(record(0), 0);
  device.remember(interval(1));
  expect(device.latest?.seq).toBe(0);
  expect(device.take(record(1), 5)).toBe(true);
  expect(device.latest?.seq).toBe(1);
  expect(device.take(record(1), 900)).toBe(false);
  expect(device.age(10)).toBe(5);
});

test("a stretch without emotions says why, as it was published", () => {
  const series = new Series(10_000, 60);
  series.add(interval(0, { ...WITHHELD, suppressed: "paused" }));
  series.add(interval(1, { ...WITHHELD, suppressed: "paused" }));
  series.add(interval(2, WITHHELD));
  series.add(interval(4));
  const found = series.between(interval(0).start, interval(4).end);
  expect(found.map((stretch) => stretch.covered)).toEqual([1, 1, 1, 0, 1]);
  const named = bands(found, 10_000, false).map(({ from, until, reason }) => [(until - from) / 1000, reason]);
  expect(named).toEqual([[20, "paused"], [10, "below_min_group"], [10, "no_records"]]);
});

test("a device that fell silent, lost its camera or left shows no number", () => {
  const device = new Device({ site: "north", device: "pi" });
  device.take(record(0), 0);
  expect(device.state(29_000)).toBe("counting");
  expect(device.state(31_000)).toBe("stale");
  device.take({ kind: "status", online: false }, 1000);
  expect(device.current(2000)).toBeUndefined();
});

test("nobody blames a device while the page has no connection, nor before it could be heard again", () => {
  const school = new School("emotion-edge/v1", () => undefined);
  school.listen(true, 0);
  school.hear({ site: "north", device: "pi" }, record(0), 0);
  const [device] = school.sorted() as [Device];
  expect([device.state(31_000), isTroubled(device, 31_000)]).toEqual(["stale", true]);
  school.listen(false, 32_000);
  school.listen(false, 33_000);
  expect([device.state(60_000), isTroubled(device, 60_000), silence(device, 60_000, false)]).toEqual(["unheard", false, []]);
  expect(excuse(device, 60_000)).toContain("has no connection");
  expect(device.current(60_000)).toBeUndefined();
  school.listen(true, 70_000);
  school.listen(true, 95_000);
  expect([device.state(99_000), device.state(101_000)]).toEqual(["unheard", "stale"]);
});

test("the ring forgets what is older than it holds, and takes no more memory", () => {
  const series = new Series(10_000, 6);
  for (let number = 0; number < 100; number++) series.add(interval(number));
  expect(series.between(0, interval(99).end).filter((stretch) => stretch.covered)).toHaveLength(6);
  series.add(interval(2, { faces: { mean: 50, max: 50 } }));
  expect(series.between(interval(94).start, interval(99).end).every((stretch) => stretch.people === 6)).toBe(true);
});

test("a long interval is spread over the stretches it covers", () => {
  const series = new Series(10_000, 60);
  series.add({ ...interval(0), end: interval(5).end });
  expect(series.between(interval(0).start, interval(5).end).map((stretch) => stretch.covered)).toEqual([1, 1, 1, 1, 1, 1]);
});

test("rooms in practice and rooms without a number are left out of the sum, and the sum names them", () => {
  const rooms = [{}, {}, { practice: true }, WITHHELD].map((changes, number) => {
    const device = new Device({ site: "north", device: `pi-${number}` });
    device.take(record(0, { room: `B${number}`, ...changes }), 0);
    return device;
  });
  expect(total(rooms, 1)).toEqual({ rooms: 4, counted: 2, practising: 1, people: 12 });
});

test("of two devices in a room the one that sees the most people counts, and their names tell them apart", () => {
  const school = new School("emotion-edge", () => {});
  const counts = (device: string, room: string, mean: number) => school.hear({ site: "north", device }, record(0, { device, room, faces: { mean, max: 12 } }), 0);
  counts("pi-1", "Hall", 12);
  counts("pi-2", "Hall", 9);
  counts("pi-3", "B2", 5);
  const titles = () => school.sorted().map(({ title }) => title);
  expect(titles()).toEqual(["B2", "Hall (pi-1)", "Hall (pi-2)"]);
  expect(total(school.devices.values(), 1)).toEqual({ rooms: 2, counted: 2, practising: 0, people: 17 });
  school.remove({ site: "north", device: "pi-1" });
  expect(titles()).toEqual(["B2", "Hall"]);
  expect(total(school.devices.values(), 1).people).toBe(14);
});
