/** Marks on the axis of time: what happened when, in somebody's own words. */
import type { Device } from "./device";
import { h, hide, say } from "./dom";
import { refusal } from "./hub";
import { clock, t } from "./i18n";
import type { HubLessons, Note, Notes } from "./lessons";
import { dateOf, timeAt, timeOf } from "./zone";

export class Marking {
  private readonly time = h("input", { type: "time", "aria-label": t("mark_time"), required: true });
  private readonly text = h("input", { type: "text", maxlength: 80, placeholder: t("mark_example"), "aria-label": t("mark_text"), required: true });
  private readonly form = h("form", { class: "mark-form", submit: (event) => void this.add(event) }, this.time, this.text, h("button", { type: "submit" }, t("mark_add")));
  private readonly list = h("ul", { class: "marks" });
  private readonly trouble = h("p", { class: "problem", role: "alert", hidden: true });
  readonly element = h("div", { class: "marking" }, this.form, this.list, this.trouble);
  /** The time at which a mark is set unless another is entered. */
  private at = 0;
  /** That time, as the field shows it. */
  private proposed = "";

  constructor(
    private readonly device: Device,
    private readonly source: HubLessons,
    private readonly changed: () => void,
  ) {}

  show({ marks, may_mark: may }: Notes): void {
    hide(this.form, !may);
    this.list.replaceChildren(...marks.map((mark) => this.item(mark)));
    hide(this.list, marks.length === 0);
  }

  /** Propose a time, milliseconds since 1970. */
  propose(time: number): void {
    if (document.activeElement === this.time) return;
    this.at = time;
    this.time.value = this.proposed = timeOf(time);
  }

  /** Write the proposed time anew: the clock of the room may have become known. */
  draw(): void {
    if (this.time.value === this.proposed && this.proposed !== timeOf(this.at)) this.propose(this.at);
  }

  private item(mark: Note): HTMLElement {
    const words = `${clock(mark.at)} ${mark.text}${mark.by ? ` (${mark.by})` : ""}`;
    const remove = h("button", { type: "button", "aria-label": t("mark_delete_this", { mark: words }), click: () => void this.order(this.source.unmark(this.device, mark.id)) }, t("mark_delete"));
    return h("li", {}, words, " ", ...(mark.mine ? [remove] : []));
  }

  private async add(event: Event): Promise<void> {
    event.preventDefault();
    // Within the minute that was proposed, its very second: a mark belongs where the chart was read.
    const at = this.time.value === this.proposed ? this.at : timeAt(dateOf(this.at), this.time.value);
    if (await this.order(this.source.mark(this.device, at, this.text.value.trim()))) this.text.value = "";
  }

  private async order(order: Promise<void>): Promise<boolean> {
    let problem = "";
    try {
      await order;
      this.changed();
    } catch (error) {
      problem = refusal(error, "order_unknown");
    }
    hide(this.trouble, !problem);
    say(this.trouble, problem);
    return !problem;
  }
}
