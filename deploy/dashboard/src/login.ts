/** Ask for user name and password. Those of a broker live in the tab's session storage, nowhere else. */
import type { Login } from "./connection";
import { h, hide, say } from "./dom";
import { Hub, SIGN_IN } from "./hub";
import { t } from "./i18n";

const KEY = "login";

export function remembered(): Login | undefined {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    return kept && typeof kept === "object" ? (kept as Login) : undefined;
  } catch {
    return undefined;
  }
}

export function remember(login: Login | undefined): void {
  if (login) sessionStorage.setItem(KEY, JSON.stringify(login));
  else sessionStorage.removeItem(KEY);
}

/**
 * A form; `done` gets what was entered. `problem` is shown at once.
 * @param url of the broker; undefined: there is none to choose
 */
export function loginForm(intro: string, url: string | undefined, problem: string, done: (login: Login, trouble: HTMLElement) => void): HTMLElement {
  const field = (id: string, label: string, attributes: Record<string, string | boolean>) => {
    const input = h("input", { id, name: id, ...attributes });
    return { input, row: h("p", {}, h("label", { for: id }, label), input) };
  };
  const broker = field("broker", t("broker"), { type: "url", value: url ?? "", required: true, spellcheck: "false" });
  const user = field("username", t("user"), { autocomplete: "username", required: true, spellcheck: "false" });
  const password = field("password", t("password"), { type: "password", autocomplete: "current-password", required: true });
  const trouble = h("p", { class: "problem", role: "alert" }, problem);
  return h(
    "form",
    {
      class: "login",
      submit: (event) => {
        event.preventDefault();
        if (url !== undefined && !/^wss?:\/\//.test(broker.input.value)) say(trouble, t("bad_url"));
        else done({ url: broker.input.value, username: user.input.value, password: password.input.value }, trouble);
      },
    },
    h("h1", {}, t("login")),
    h("p", {}, intro),
    ...(url === undefined ? [] : [broker.row]),
    user.row,
    password.row,
    trouble,
    h("p", {}, h("button", { type: "submit", class: "primary" }, t("login"))),
    ...(url === undefined ? [signIn()] : []),
  );
}

/** A link to the school's own login, shown once the hub says that there is one. */
function signIn(): HTMLElement {
  const link = h("a", { href: SIGN_IN });
  const row = h("p", {}, link);
  hide(row, true);
  new Hub()
    .signInLabel()
    .then((label) => {
      say(link, t("sign_in", { label }));
      hide(row, !label);
    })
    .catch(() => undefined); // whatever it is, the login beside it names it
  return row;
}
