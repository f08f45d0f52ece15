/** Puts the parts together: configuration, language, the way that data come, and the view that the address names. */
import "uplot/dist/uPlot.min.css";
import { ALERTS, addressed, walled } from "./address";
import { AlertView } from "./alertview";
import { BrokerWay } from "./broker";
import { forget } from "./choice";
import { type Config, loadConfig } from "./config";
import { h, hide, say } from "./dom";
import { Head } from "./head";
import { Hub } from "./hub";
import { HubWay } from "./hubway";
import { choose, moment, preferred, speak, t } from "./i18n";
import { LastRead } from "./lastread";
import { type Link, linkWords } from "./link";
import { Overview } from "./overview";
import { Room } from "./room";
import { School } from "./school";
import { keepShell } from "./shell";
import { applyTheme } from "./theme";
import type { View } from "./view";
import { wait } from "./wait";
import { Wall } from "./wall";
import type { Listener, Way } from "./way";

const DRAW_EVERY = 500;
const CLOCK_EVERY = 1000;

const page = document.getElementById("page")!;

class App {
  private readonly content = h("main", { id: "content", tabindex: "-1" });
  private head!: Head;
  private school!: School;
  private source: { close(): void } | undefined;
  private view: View | undefined;
  private shown = "";
  private link: Link | undefined;
  /** Address of the broker, where the page talks to it. */
  private broker = "";
  /** Whether it is known by now which rooms there are. */
  private complete = false;
  private due: number | undefined;

  constructor(
    private readonly config: Config,
    private readonly way: Way,
    private readonly lastRead: LastRead,
  ) {
    addEventListener("hashchange", () => this.route());
    // Also where the appearance has changed.
    addEventListener("resize", () => {
      this.view?.changed();
      this.draw();
    });
    setInterval(() => this.draw(), CLOCK_EVERY);
  }

  start(): void {
    this.build();
    if (this.way.admitted) this.connect();
    else this.ask("");
  }

  private build(): void {
    this.head = new Head(this.config, this.way, {
      language: (wanted) => void this.translate(wanted),
      logOut: () => void this.logOut(),
    });
    page.replaceChildren(this.head.element, this.content);
    if (this.source) this.showLink();
  }

  private showLink(): void {
    if (!this.link) return;
    const words = linkWords(this.link, this.broker, this.lastRead.time);
    this.head.show(this.link, words);
    this.view?.link?.(this.link, words);
  }

  private async translate(wanted: string): Promise<void> {
    try {
      await speak(wanted);
      choose(wanted);
    } catch (error) {
      this.build(); // what is chosen is what is spoken
      this.head.complain(error instanceof Error ? error.message : String(error));
      return;
    }
    this.build();
    this.shown = "";
    if (this.source) this.route();
    else this.ask("");
  }

  private connect(): void {
    this.school = new School(this.config.base, () => this.changed());
    this.shown = "";
    this.complete = false;
    this.build(); // who is there may have changed
    this.content.replaceChildren();
    const listener: Listener = {
      link: (link, broker = "") => {
        this.lastRead.link = link === "connected";
        this.school?.listen(link === "connected", performance.now());
        this.link = link;
        this.broker = broker;
        this.showLink();
      },
      complete: () => {
        this.complete = true;
        this.route();
        this.view?.complete?.();
      },
      refused: (why) => void this.logOut(why),
    };
    try {
      this.source = this.way.open(this.school, listener);
    } catch (error) {
      this.ask(String(error)); // not a valid address
      return;
    }
    this.route();
  }

  /** `why`: what ended the session, where that was not the user. */
  private async logOut(why?: string): Promise<void> {
    this.source?.close();
    this.source = undefined;
    this.lastRead.forget();
    let problem = why ?? "";
    try {
      await this.way.leave();
    } catch {
      if (why === undefined) problem = t("log_out_failed");
    }
    this.build();
    this.ask(problem);
    if (why === undefined) forget();
  }

  private ask(problem: string): void {
    this.view?.close();
    this.view = undefined;
    this.frame(false);
    this.content.replaceChildren(this.way.ask(problem, () => this.connect()));
  }

  /** Another release is there: a wall takes it, as nobody reads or writes there; elsewhere the next load does. */
  renew(): void {
    if (this.view?.alone) location.reload();
  }

  /** Show what the address names: a wall, a room, the alerts, or all rooms. */
  private route(): void {
    if (!this.source || !this.complete) return;
    const site = walled(location.hash);
    const found = this.school.devices.get(addressed(location.hash) ?? "");
    const alerts = location.hash === ALERTS ? this.way.alerts : undefined;
    const key = site !== undefined ? `wall ${site}` : (found?.key ?? (alerts ? ALERTS : "all"));
    if (this.view && key === this.shown) {
      this.view.go?.(location.hash);
      return;
    }
    this.view?.close();
    this.view = site !== undefined ? this.wall(site) : found ? new Room(found, this.config.lesson_minutes, this.way) : alerts ? new AlertView(alerts) : new Overview(this.school);
    this.frame(this.view.alone === true);
    this.content.replaceChildren(this.view.element, ...(this.view.alone ? [] : [h("p", { class: "legal" }, t("legal"))]));
    this.view.go?.(location.hash);
    if (found) scrollTo(0, 0);
    if (this.shown) this.content.focus({ preventScroll: true }); // or the head is out of sight
    this.shown = key;
    document.title = `${found?.title ?? (site || t(alerts ? "alerts" : "school"))} – ${t("title")}`;
    this.showLink();
    this.draw();
  }

  private wall(site: string): View {
    return new Wall(this.school, site, [t("legal"), ...(this.way.unencrypted ? [t("unencrypted")] : [])]);
  }

  /** `alone`: what is shown fills the page, without the head. */
  private frame(alone: boolean): void {
    hide(this.head.element, alone);
    document.documentElement.classList.toggle("alone", alone);
  }

  private changed(): void {
    this.due ??= window.setTimeout(() => {
      this.due = undefined;
      this.route();
      this.view?.changed();
      this.draw();
    }, DRAW_EVERY);
  }

  private draw(): void {
    if (!document.hidden) this.view?.draw(performance.now());
  }
}

async function begin(): Promise<void> {
  applyTheme();
  history.scrollRestoration = "manual"; // cards come after the page, so only the page knows where it was
  const config = await prepare();
  const lastRead = new LastRead();
  let app: App | undefined;
  keepShell(() => app?.renew());
  const hub = config.broker ? undefined : await Hub.find(() => saySilent(lastRead.time));
  app = new App(config, hub ? new HubWay(hub) : new BrokerWay(config), lastRead);
  app.start();
}

/** Configuration and language. A server that starts, or a slow network, may need some tries; nobody is at a wall to reload it. */
async function prepare(): Promise<Config> {
  for (let tries = 0; ; tries++) {
    try {
      const config = await loadConfig();
      await speak(preferred(Object.keys(config.languages)));
      return config;
    } catch (error) {
      complain(error);
    }
    await wait(tries);
  }
}

function complain(error: unknown): void {
  tell(error instanceof Error ? error.message : String(error));
}

/** The page opened, but its server does not answer: say so in the place of what could be read. */
function saySilent(since: number | undefined): void {
  tell(since === undefined ? t("offline", { host: location.host }) : t("offline_since", { host: location.host, time: moment(since) }));
}

/** Say why nothing else is shown yet. */
function tell(words: string): void {
  let place = document.getElementById("problem");
  if (!place) {
    place = h("p", { id: "problem", class: "problem", role: "alert" });
    page.append(h("main", {}, place));
  }
  say(place, words);
}

begin().catch(complain);
