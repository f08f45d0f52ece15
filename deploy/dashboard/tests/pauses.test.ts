import * as v from "valibot";
import { expect, test } from "vitest";
import { Device } from "../src/device";
import type { Hub } from "../src/hub";
import { HubPauses } from "../src/pauses";

/** A hub that gives one answer. */
function answering(answer: unknown): Hub {
  const get = (_route: string, _query: unknown, schema: v.GenericSchema) => Promise.resolve(v.parse(schema, answer));
  return { get } as unknown as Hub;
}

test("a screen sees that somebody has paused the device, and not who", async () => {
  const device = new Device({ site: "north", device: "b12" });
  const since = "2026-11-23T09:00:00Z";
  const ordered = new HubPauses(answering({ paused: true, by: null, since, until: null }));
  expect(await ordered.current(device)).toEqual({ by: undefined, since: Date.parse(since), until: undefined });
  const other = new HubPauses(answering({ paused: true, by: null, since: null, until: null }));
  expect(await other.current(device)).toBe(undefined);
});
