/** The page's head: where one is, how the connection stands, appearance, language, help. */
import { PasswordDialog } from "./account";
import { ALERTS } from "./address";
import type { Config } from "./config";
import { h, hide, say, select } from "./dom";
import { helpDialog } from "./help";
import type { Hub } from "./hub";
import { language, t } from "./i18n";
import type { Link } from "./link";
import { chooseTheme, chosenTheme, THEMES } from "./theme";

export interface HeadActions {
  language: (wanted: string) => void;
  logOut: () => void;
}

/** Who is there. */
export interface Visitor {
  user: string;
  leavable: boolean;
  unencrypted: boolean;
  alerts?: unknown;
  passwords?: Hub | undefined;
}

export class Head {
  readonly element: HTMLElement;
  private readonly link = h("p", { class: "link", role: "status" });

  constructor(config: Config, visitor: Visitor, actions: HeadActions) {
    const help = helpDialog();
    const theme = select(t("theme"), THEMES.map((name) => [name, t(`theme_${name}`)]), chosenTheme(), (value) => {
      chooseTheme(value);
      dispatchEvent(new Event("resize"));
    });
    const languages = select(t("language"), Object.entries(config.languages), language, actions.language);
    for (const option of languages.options) option.lang = option.value; // each is read in its own language
    const out = h("button", { type: "button", click: () => actions.logOut() }, visitor.user ? t("log_out_user", { user: visitor.user }) : t("log_out"));
    hide(out, !visitor.leavable);
    const password = visitor.passwords && new PasswordDialog(visitor.passwords);
    this.element = h(
      "header",
      {},
      h("a", { href: "#content", class: "skip", click: skip }, t("skip")),
      h("a", { href: "#/", class: "brand" }, t("title")),
      this.link,
      h(
        "div",
        { class: "tools" },
        languages,
        theme,
        h("button", { type: "button", click: () => help.showModal() }, t("help")),
        ...(visitor.alerts ? [h("a", { href: ALERTS, class: "button" }, t("alerts"))] : []),
        ...(password ? [h("button", { type: "button", click: () => password.open() }, t("password_change"))] : []),
        out,
      ),
      ...(visitor.unencrypted ? [h("p", { class: "unencrypted" }, t("unencrypted"))] : []),
      help,
      ...(password ? [password.element] : []),
    );
  }

  /** Name a problem where the connection stands, until that changes. */
  complain(problem: string): void {
    this.link.dataset.link = "lost";
    say(this.link, problem);
  }

  show(link: Link, words: string): void {
    this.link.dataset.link = link;
    say(this.link, words);
  }
}

/** The fragment names the room that is shown, so the link moves the focus itself. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}
