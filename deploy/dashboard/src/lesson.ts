/** A lesson in words: what a hub found in it, and the marks that people set. */
import type { KnownPause } from "./bands";
import type { Mark } from "./chart";
import type { Device } from "./device";
import { h, say } from "./dom";
import { clock, reason, t } from "./i18n";
import type { Change, HubLessons, Notes, Summary, Usual } from "./lessons";
import { Marking } from "./marking";
import { MINUTE } from "./period";
import { groupName, sentences } from "./sentences";
import { otherZone } from "./zone";

/** A lesson that goes on is read again after this time, and once more this long after its end: its last records come late. */
const READ_EVERY = MINUTE;

const NO_NOTES: Notes = { marks: [], may_mark: false };

export class LessonPanel {
  private readonly list = h("ul", { class: "summary" });
  private readonly note = h("p", { class: "note" });
  private readonly marking: Marking;
  readonly element: HTMLElement;
  marks: Mark[] = [];
  pauses: KnownPause[] = [];
  usual: Usual | undefined;
  private asked = "";
  private summary: Summary | undefined;
  private notes: Notes = NO_NOTES;
  /** The time zone by whose clock everything is written. */
  private zone: string | undefined;
  private at = 0;
  /** When it was asked, milliseconds since 1970. */
  private clock = 0;
  private failed = false;
  /** Whether it is to be read at once: a mark was set or deleted. */
  private due = false;

  constructor(
    private readonly device: Device,
    private readonly source: HubLessons,
    private readonly loaded: () => void,
  ) {
    this.marking = new Marking(device, source, () => this.forget());
    this.element = h("section", { class: "lesson", "aria-labelledby": "summary" }, h("h2", { id: "summary" }, t("summary")), this.list, this.note, this.marking.element);
  }

  /** Read it where that was not done, or the lesson has gone on; `from` and `until`: milliseconds since 1970. */
  recall(from: number, until: number, now: number): void {
    this.write();
    this.marking.draw();
    const wanted = `${this.device.room} ${from} ${until}`;
    const old = this.due || ((this.clock < until + READ_EVERY || this.failed) && now - this.at > READ_EVERY);
    if (wanted === this.asked && !old) return;
    if (wanted !== this.asked) this.clear();
    this.asked = wanted;
    this.at = now;
    this.clock = Date.now();
    this.due = false;
    void this.load(from, until, wanted);
  }

  /** Propose a time for a mark. */
  propose(time: number): void {
    this.marking.propose(time);
  }

  clear(): void {
    this.asked = "";
    this.marks = [];
    this.pauses = [];
    this.usual = undefined;
    this.summary = undefined;
    this.list.replaceChildren();
    this.marking.show(NO_NOTES);
    say(this.note, "");
  }

  /** Read it again, and show what is known until then: who sets marks keeps the form. */
  private forget(): void {
    this.due = true;
    this.loaded();
  }

  /** What the device said of itself may be known later than the summary. */
  private write(): void {
    if (this.summary && this.zone !== otherZone()) this.take(this.summary, this.notes);
    const lines = this.summary ? sentences(this.summary, this.device.circumstances, this.device.place.device) : [];
    if (lines.join("") !== this.list.textContent) this.list.replaceChildren(...lines.map((each) => h("li", {}, each)));
  }

  private async load(from: number, until: number, wanted: string): Promise<void> {
    try {
      const [summary, notes] = await Promise.all([this.source.summary(this.device, from, until), this.source.marks(this.device, from, until)]);
      if (wanted !== this.asked) return;
      this.failed = false;
      this.take(summary, notes);
    } catch (error) {
      if (wanted !== this.asked) return;
      this.failed = true;
      say(this.note, t("history_failed", { why: reason(error) }));
    }
    this.loaded();
  }

  private take(summary: Summary, notes: Notes): void {
    this.zone = otherZone();
    this.notes = notes;
    const sudden = summary.changes.filter(({ gradual, with_people }) => !gradual && !with_people); // that of the people marks these, too
    const times = [...new Set(sudden.map(({ at }) => at))];
    this.marks = [...notes.marks.map(({ at, text }) => ({ at, text })), ...times.map((at) => ({ at, text: changed(sudden, at) }))];
    this.pauses = summary.facts.flatMap((fact) => (fact.code === "untold" && fact.who ? fact.spans.map(({ from, to }) => ({ by: fact.who!, from, until: to })) : []));
    this.usual = summary.usual ?? undefined;
    this.summary = summary;
    this.write();
    const usual = summary.usual ? t("usual_note", { lessons: summary.usual.lessons }) : t("usual_none");
    const shared = summary.facts.some((fact) => fact.code === "share" && fact.error !== null);
    say(this.note, shared ? `${usual} ${t("error_note")}` : usual);
    this.marking.show(notes);
  }
}

/** What changed at a time, for the chart: "06:15: smiling, neutral". */
function changed(changes: readonly Change[], time: number): string {
  const groups = changes.filter(({ at }) => at === time).map(({ group }) => groupName(group));
  return t("named", { name: clock(time), text: groups.join(", ") });
}
