/** The own password: a dialog that asks for the old one and twice for a new one. */
import { h, hide, say } from "./dom";
import { type Hub, HubError } from "./hub";
import { type Text, t } from "./i18n";

/** Why a hub keeps the password as it is, by the code of its answer; the texts have the same names. */
const REASONS = ["password_wrong", "password_short", "password_long", "password_simple", "password_name"] as const;
const TOO_MANY_REQUESTS = 429;

export class PasswordDialog {
  private readonly user = h("input", { type: "text", autocomplete: "username", readonly: true, hidden: true });
  private readonly old = field("old", "current-password");
  private readonly new = field("new", "new-password");
  private readonly again = field("again", "new-password");
  private readonly done = h("p", { role: "status" });
  private readonly trouble = h("p", { class: "problem", role: "alert" });
  private readonly elsewhere = h("p", { class: "note", hidden: true });
  private readonly save = h("button", { type: "submit", class: "primary" }, t("password_change"));
  readonly element: HTMLDialogElement;

  constructor(private readonly hub: Hub) {
    this.user.value = hub.session?.name ?? ""; // a password manager has to know whose password it is
    const close = h("button", { type: "button", click: () => this.element.close() }, t("close"));
    const form = h(
      "form",
      { submit: (event) => void this.send(event) },
      h("p", {}, t("password_intro")),
      this.elsewhere,
      this.user,
      row(this.old, "password_old"),
      row(this.new, "password_new"),
      row(this.again, "password_again"),
      this.trouble,
      this.done,
      h("p", { class: "tools" }, this.save, close),
    );
    this.element = h("dialog", { class: "login", "aria-labelledby": "password" }, h("h2", { id: "password" }, t("password_change")), form);
  }

  open(): void {
    this.empty();
    this.answer("", "");
    this.element.showModal();
    this.hub
      .signInLabel()
      .then((label) => {
        say(this.elsewhere, t("password_elsewhere", { label }));
        hide(this.elsewhere, !label);
      })
      .catch(() => undefined); // where the hub does not answer, sending the form says so
  }

  private async send(event: Event): Promise<void> {
    event.preventDefault();
    if (this.new.value !== this.again.value) return this.answer("", t("password_differs"));
    if (this.new.value === this.old.value) return this.answer("", t("password_same"));
    this.save.disabled = true; // a second order would come with a password that is no longer the old one
    try {
      await this.hub.send("POST", "password", { old: this.old.value, new: this.new.value });
      this.empty();
      this.answer(t("password_done"), "");
    } catch (error) {
      this.answer("", explain(error));
    }
    this.save.disabled = false;
  }

  private answer(done: string, trouble: string): void {
    say(this.done, done);
    say(this.trouble, trouble);
  }

  private empty(): void {
    for (const each of [this.old, this.new, this.again]) each.value = "";
  }
}

function field(name: string, autocomplete: string): HTMLInputElement {
  return h("input", { id: `password-${name}`, type: "password", autocomplete, required: true });
}

function row(input: HTMLInputElement, text: Text): HTMLElement {
  return h("p", {}, h("label", { for: input.id }, t(text)), input);
}

function explain(error: unknown): string {
  if (!(error instanceof HubError) || error.status === 0) return t("hub_silent");
  const reason = REASONS.find((each) => each === error.code);
  if (reason) return t(reason);
  return error.status === TOO_MANY_REQUESTS ? t("too_many_tries") : t("password_failed", { why: error.message.replace(/\.$/, "") });
}
