// The player's settings: quality, speed, captions, chapters, what follows. A menu in the sense of ARIA, moved through by arrows.
import { clock } from "./base.js";

export const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];

/** A quality as people say it. */
export const qualityName = (lines) => (lines >= 2160 ? "4K" : `${lines}p`);
const speedName = (rate) => (rate === 1 ? "Normal" : `${rate}×`);

export class Menu {
  constructor(player, root, button) {
    Object.assign(this, { player, root, button });
    this.icons = player.querySelector("template[data-icons]").content;
    button.addEventListener("click", () => this.toggle());
    root.addEventListener("keydown", (event) => this.#key(event));
    // Tab has one way in: to the item where one is.
    root.addEventListener("focusin", (event) => this.#items().forEach((item) => (item.tabIndex = item === event.target ? 0 : -1)));
    document.addEventListener("pointerdown", (event) => {
      if (this.isOpen && !root.contains(event.target) && !button.contains(event.target)) this.close(false);
    });
  }

  get isOpen() {
    return !this.root.hidden;
  }

  toggle() {
    if (this.isOpen) this.close();
    else this.#show("root");
  }

  /** Open at a page of its own, such as the list of chapters. */
  open(page) {
    this.#show(page);
  }

  close(focus = true) {
    if (!this.isOpen) return;
    this.root.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    if (focus) this.button.focus();
  }

  /** Draw the open page anew, as when more qualities have come. */
  refresh() {
    if (this.isOpen) this.#show(this.page, document.activeElement?.dataset?.value);
  }

  #show(page, focused) {
    this.page = page;
    this.root.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.root.replaceChildren(...this[`_${page}`]());
    const items = this.#items();
    const target = items.find((item) => item.dataset.value === focused) ?? items.find((item) => item.getAttribute("aria-checked") === "true");
    (page === "root" ? (items.find((item) => item.dataset.value === focused) ?? items[0]) : (target ?? items[0]))?.focus();
  }

  #items() {
    return [...this.root.querySelectorAll("[role^=menuitem]:not([aria-disabled=true])")];
  }

  #icon(name) {
    return this.icons.querySelector(`[data-icon="${name}"]`).firstElementChild.cloneNode(true);
  }

  #item({ role = "menuitem", icon, text, value, detail, checked, disabled, act }) {
    const item = document.createElement("button");
    item.type = "button";
    item.className = "pm-item";
    item.setAttribute("role", role);
    item.tabIndex = -1;
    item.dataset.value = value ?? text;
    if (checked !== undefined) item.setAttribute("aria-checked", String(checked));
    if (disabled) item.setAttribute("aria-disabled", "true");
    const label = document.createElement("span");
    label.className = "pm-text";
    label.textContent = text;
    item.append(icon ? this.#icon(icon) : document.createElement("i"), label);
    if (detail !== undefined) {
      const more = document.createElement("span");
      more.className = "pm-detail";
      more.textContent = detail;
      item.append(more);
    }
    if (!disabled) item.addEventListener("click", act);
    return item;
  }

  #choice(text, value, checked, act) {
    return this.#item({ role: "menuitemradio", icon: checked ? "check" : undefined, text, value, checked, act: () => {
      act();
      this.#show("root", this.page);
    } });
  }

  #back(text) {
    return this.#item({ icon: "back", text, value: "back", act: () => this.#show("root", this.page) });
  }

  _root() {
    const { player } = this;
    const { tracks } = player.captions;
    const { sounds = [], sound } = player.source ?? {};
    const open = (page) => () => this.#show(page);
    const switched = (icon, text, value, on, act) =>
      this.#item({ role: "menuitemcheckbox", icon, text, value, checked: on, detail: on ? "On" : "Off", act: () => {
        act(!on);
        this.#show("root", value);
      } });
    return [
      this.#item({ icon: "quality", text: "Quality", value: "quality", detail: player.qualityLabel(), act: open("quality") }),
      this.#item({ icon: "speed", text: "Speed", value: "speed", detail: speedName(player.video.playbackRate), act: open("speed") }),
      this.#item({ icon: "captions", text: "Captions", value: "captions", detail: tracks.length ? player.captions.label : "None", disabled: !tracks.length, act: open("captions") }),
      ...(sounds.length ? [this.#item({ icon: "sound", text: "Sound", value: "sound", detail: sounds[sound]?.name, act: open("sound") })] : []),
      ...(player.chapters.rows.length ? [this.#item({ icon: "chapters", text: "Chapters", value: "chapters", detail: String(player.chapters.rows.length), act: open("chapters") })] : []),
      switched("autoplay", "Autoplay", "autoplay", player.prefs.get("autoplay"), (on) => player.prefs.set("autoplay", on)),
      ...(player.next.link ? [switched("next", "Play the next one", "next", player.prefs.get("autoplay_next"), (on) => player.setNext(on))] : []),
      switched("loop", "Loop", "loop", player.video.loop, (on) => player.setLoop(on)),
      this.#item({ icon: "keys", text: "Keyboard shortcuts", value: "keys", act: () => {
        this.close(false);
        player.showHelp();
      } }),
    ];
  }

  _quality() {
    const { player } = this;
    const best = player.qualities().map((lines) => this.#choice(qualityName(lines), String(lines), player.quality === lines, () => player.setQuality(lines)));
    return [this.#back("Quality"), ...best, this.#choice("Auto", "auto", player.quality === null, () => player.setQuality(null))];
  }

  _sound() {
    const { source } = this.player;
    return [this.#back("Sound"), ...source.sounds.map(({ name }, at) => this.#choice(name, String(at), source.sound === at, () => (source.sound = at)))];
  }

  _speed() {
    const { player } = this;
    return [this.#back("Speed"), ...SPEEDS.map((rate) => this.#choice(speedName(rate), String(rate), player.video.playbackRate === rate, () => player.setSpeed(rate)))];
  }

  _captions() {
    const { player } = this;
    const { captions } = player;
    return [
      this.#back("Captions"),
      this.#choice("Off", "off", !captions.shown, () => captions.show(null)),
      ...captions.tracks.map((track) => this.#choice(track.label || track.language, track.language, captions.shown === track, () => captions.show(track))),
    ];
  }

  _chapters() {
    const { chapters } = this.player;
    const rows = chapters.rows.map(({ start, title }, at) =>
      this.#item({ role: "menuitemradio", icon: at === chapters.now ? "check" : undefined, text: title, value: String(at), detail: clock(start), checked: at === chapters.now, act: () => {
        this.close();
        this.player.seek(start);
      } }),
    );
    return [this.#back("Chapters"), ...rows];
  }

  #key(event) {
    const items = this.#items();
    const at = items.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) items.at(to % items.length)?.focus();
    else if (event.key === "Escape" || event.key === "Tab") this.close(event.key === "Escape");
    else if (event.key === "ArrowLeft" && this.page !== "root") this.#show("root", this.page);
    else if (event.key === "ArrowRight" && this.page === "root") document.activeElement?.click();
    else return;
    event.stopPropagation();
    if (event.key !== "Tab") event.preventDefault();
  }
}
