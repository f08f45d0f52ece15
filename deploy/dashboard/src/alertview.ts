/** The alerts for an administrator: active now, who gets messages, what makes an alert, and a test. */
import type { AlertState, HubAlerts, Outcome } from "./alerts";
import { alertWords, limitWords, outcomeWords } from "./alertwords";
import { h, hide, say } from "./dom";
import { HubError, isOpen } from "./hub";
import { moment, reason, t } from "./i18n";
import type { View } from "./view";

/** Milliseconds. */
const READ_EVERY = 30_000;
const BUSY = 503;

export class AlertView implements View {
  private readonly now = h("ul", { class: "alerts" });
  private readonly nothing = h("p", { class: "empty", hidden: true }, t("alerts_nothing"));
  private readonly receivers = h("ul", {});
  private readonly nobody = h("p", { class: "problem", hidden: true }, t("alerts_nobody"));
  private readonly quiet = h("p", { class: "note", hidden: true });
  private readonly limits = h("ul", {});
  private readonly button = h("button", { type: "button", hidden: true, click: () => void this.test() }, t("alerts_test"));
  private readonly noTest = h("p", { class: "note", hidden: true }, t("alerts_no_test"));
  private readonly progress = h("p", { class: "note", role: "status" });
  private readonly outcomes = h("ul", { class: "outcomes" });
  private readonly trouble = h("p", { class: "problem", role: "alert", hidden: true });
  readonly element = h(
    "section",
    { class: "alertview", "aria-labelledby": "alerts" },
    h("div", { class: "head" }, h("a", { href: "#/", class: "back" }, `← ${t("back")}`), h("h1", { id: "alerts" }, t("alerts"))),
    h("p", {}, t("alerts_intro")),
    this.trouble,
    h("h2", {}, t("alerts_now")),
    this.now,
    this.nothing,
    h("h2", {}, t("alerts_receivers")),
    this.receivers,
    this.nobody,
    this.quiet,
    h("p", {}, this.button),
    this.noTest,
    this.progress,
    this.outcomes,
    h("h2", {}, t("alerts_limits")),
    this.limits,
  );
  private asked = Number.NEGATIVE_INFINITY;

  constructor(private readonly source: HubAlerts) {}

  changed(): void {
    // Alerts come of themselves, not with the data of rooms.
  }

  draw(now: number): void {
    if (now - this.asked < READ_EVERY) return;
    this.asked = now;
    void this.read();
  }

  close(): void {
    // Nothing is held.
  }

  private async read(): Promise<void> {
    try {
      this.show(await this.source.read());
      this.complain("");
    } catch (error) {
      this.complain(t("alerts_failed", { why: reason(error) }));
    }
  }

  private show({ receivers, limits, quiet, alerts }: AlertState): void {
    this.now.replaceChildren(...alerts.map((each) => h("li", {}, alertWords(each), " ", h("span", { class: "note" }, `(${t("paused_since", { time: moment(each.since) })})`))));
    hide(this.nothing, alerts.length > 0);
    this.receivers.replaceChildren(...receivers.map((receiver) => h("li", {}, t("alerts_receiver", { receiver }))));
    hide(this.nobody, receivers.length > 0);
    hide(this.quiet, !quiet);
    say(this.quiet, quiet ? t("alerts_quiet", { begin: quiet.begin, end: quiet.end, zone: quiet.timezone }) : "");
    hide(this.button, receivers.length === 0 || !this.source.mayTest);
    hide(this.noTest, receivers.length === 0 || this.source.mayTest);
    this.limits.replaceChildren(...limitWords(limits).map((each) => h("li", {}, each)));
  }

  private async test(): Promise<void> {
    this.button.disabled = true;
    this.outcomes.replaceChildren();
    say(this.progress, t("alerts_sending"));
    let found: Outcome[] = [];
    let problem = "";
    try {
      found = await this.source.test();
    } catch (error) {
      problem = isOpen(error) ? t("order_unknown") : error instanceof HubError && error.status === BUSY ? t("alerts_busy") : t("alerts_test_failed", { why: reason(error) });
    }
    say(this.progress, "");
    this.complain(problem);
    this.outcomes.replaceChildren(...found.map((each) => h("li", { class: each.problem ? "problem" : "" }, outcomeWords(each))));
    this.button.disabled = false;
  }

  private complain(problem: string): void {
    hide(this.trouble, !problem);
    say(this.trouble, problem);
  }
}
