/** What a hub found in a lesson, in plain sentences with their numbers and how far these may be off. */
import type { Circumstances, Source } from "./circumstances";
import { amount, clock, duration, number, percent, second, t } from "./i18n";
import type { Change, Difference, Fact, Group, Summary, Unit } from "./lessons";
import { MINUTE } from "./period";

/**
 * In the order in which they are read: who was there, when that changed, what is unusual, what is not known.
 * @param circumstances what the device said of itself at that time
 * @param own id of the device whose lesson was asked for; the numbers may be of another one, which was there before it
 */
export function sentences({ device, facts, changes, other_devices: others }: Summary, circumstances?: Circumstances, own?: string): string[] {
  const known = facts.filter((each) => each.code !== "untold");
  const missing = facts.filter((each) => each.code === "untold");
  const former = device !== null && own !== undefined && device !== own ? [t("fact_former_device", { device })] : [];
  const devices = others.length ? [t("fact_other_devices", { devices: others.join(", ") })] : [];
  const usual = known.filter(({ code }) => code === "usual" || code === "as_usual");
  const gaps = missing.map((each) => untold(each, circumstances));
  return [...known.filter((each) => !usual.includes(each)).map(sentence), ...changes.map(changed), ...usual.map(sentence), ...gaps, ...former, ...devices].map(capital);
}

/** In what a lesson differs from another one. */
export function comparison(facts: readonly Difference[]): string[] {
  return facts.map(difference).map(capital);
}

function difference(fact: Difference): string {
  switch (fact.code) {
    case "difference":
      return t(`differs_${fact.direction}`, { group: groupName(fact.group), value: inUnit(fact.value, fact.unit), other: inUnit(fact.other, fact.unit), error: inUnit(fact.error, fact.unit) });
    case "alike":
      return t("differs_alike", { groups: fact.groups.map(beside).join(", ") });
    default:
      return t(`differs_${fact.code}`);
  }
}

/** "smiling 31 % ± 9 % (29 %)". */
function usually({ group, unit, value, median, error }: { group: Group; unit: Unit; value: number; median: number; error: number }): string {
  return `${groupName(group)} ${inUnit(value, unit)} ± ${inUnit(error, unit)} (${inUnit(median, unit)})`;
}

/** "smiling 31 % (29 %)". */
function beside({ group, unit, value, other }: { group: Group; unit: Unit; value: number; other: number }): string {
  return `${groupName(group)} ${inUnit(value, unit)} (${inUnit(other, unit)})`;
}

function inUnit(value: number, unit: Unit): string {
  return unit === "share" ? percent(value) : number(value);
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

type Untold = Extract<Fact, { code: "untold" }>;

function sentence(fact: Exclude<Fact, Untold>): string {
  switch (fact.code) {
    case "people":
      return [t("fact_people", { mean: amount(fact.mean), low: number(fact.low), high: number(fact.high) }), ...(fact.most === null ? [] : [t("full_stop", { text: capital(t("most", { max: number(fact.most, 0) })) })])].join(" ");
    case "share": {
      if (fact.share === null) return t("fact_share_nobody", { group: groupName(fact.group) });
      const words = { group: groupName(fact.group), people: amount(fact.people), share: percent(fact.share) };
      return fact.error === null ? t("fact_share_unknown", words) : t("fact_share", { ...words, error: number(fact.error) });
    }
    case "usual": {
      const value = (one: number) => inUnit(one, fact.unit);
      const words = { group: groupName(fact.group), value: value(fact.value), median: value(fact.median), low: value(fact.low), high: value(fact.high), error: value(fact.error), lessons: fact.lessons };
      return t(`fact_usual_${fact.direction}`, words);
    }
    case "as_usual":
      return t("fact_as_usual", { groups: fact.groups.map(usually).join(", "), lessons: fact.lessons });
    default:
      return t(`fact_${fact.code}`);
  }
}

function changed(change: Change): string {
  return change.with_people ? `${moved(change)} ${t("change_with_people")}` : moved(change);
}

function moved({ at, earliest, latest, group, before, after, error, gradual }: Change): string {
  if (gradual) {
    const named = clock(earliest) === clock(latest) ? second : clock;
    return t(after > before ? "change_rose" : "change_fell", { earliest: named(earliest), latest: named(latest), group: groupName(group) });
  }
  const words = { time: clock(at), group: groupName(group), before: number(before), after: amount(after), error: number(error), earliest: clock(earliest), latest: clock(latest) };
  return t(clock(earliest) === clock(latest) ? "change_at" : "change_between", words);
}

function untold(fact: Untold, circumstances: Circumstances | undefined): string {
  return t("fact_untold", { time: duration(fact.seconds * 1000), reason: reason(fact, circumstances), spans: fact.spans.map(span).join(", ") });
}

/** Times of a gap, to the nearest minute; with seconds where that would be the same one. */
function span({ from, to }: { from: number; to: number }): string {
  const [begin, end] = [from, to].map((time) => clock(Math.round(time / MINUTE) * MINUTE));
  return begin === end ? `${second(from)}–${second(to)}` : `${begin}–${end}`;
}

function reason({ reason: why, by, who, spans }: Untold, circumstances: Circumstances | undefined): string {
  if (why === "not_observed") {
    const causes = new Set(spans.map(({ from, to }) => circumstances?.hindrance(from, to)));
    return t(`brief_${(causes.size === 1 && [...causes][0]) || why}`);
  }
  if (why !== "paused") return t(`brief_${why}`);
  const sources = (by ?? []).filter((source): source is Source => ["remote", "schedule", "button"].includes(source));
  const name = who ?? sources.map((source) => t(`by_${source}`)).join(", ");
  return name ? t("brief_paused_by", { who: name }) : t("brief_paused");
}

export function groupName(group: Group): string {
  if (group === "people") return t("people_all");
  return t(group === "other" ? "rest" : group);
}
