// <sf-editor>: two handles over the time line of a video, its preview without what goes; <sf-edit>: how far an edit is;
// <sf-ready>: waits for a video that is still being prepared.
import { api, clock, spoken } from "./base.js";
import { follow } from "./events.js";
import { Source } from "./player-source.js";
import { parseStoryboard } from "./storyboard.js";

const NO_TIME = "Write times such as 12.5, in seconds, or 1:30, in minutes and seconds.";
const WHOLE = "Nothing is cut yet: move a handle, or write other times.";
const NOTHING = "Nothing would be left of the video.";
const EXACT = 0.0005;
const STEP = 0.1;
const LEAST = 0.1;
const LEAD = 2;
const MOST_CUTS = 99;
const POLL_MS = 2000;

/** Seconds of 12.5, 1:30 or 1:02:03.250; NaN for what is none. */
export function secondsOf(text) {
  const match = /^(?:(?:(\d{1,2}):)?(\d{1,2}):)?(\d{1,5})(?:[.,](\d{1,3}))?$/.exec(text.trim());
  if (!match) return NaN;
  const [, hours, minutes, seconds, rest] = match;
  return Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds) + Number(`0.${rest ?? 0}`);
}

/** The other way round, to the thousandth. */
export function timeOf(seconds) {
  const whole = Math.round(seconds * 1000);
  const rest = `${String(Math.floor(whole / 1000) % 60).padStart(2, "0")}.${String(whole % 1000).padStart(3, "0")}`;
  const minutes = Math.floor(whole / 60000);
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

class Editor extends HTMLElement {
  connectedCallback() {
    if (this.video) return;
    this.total = Number(this.dataset.duration) / 1000;
    this.video = this.querySelector("video");
    this.line = this.querySelector("[data-line]");
    this.form = this.querySelector("form");
    this.fields = { start: this.form.elements.start, end: this.form.elements.end };
    this.handles = Object.fromEntries([...this.querySelectorAll("[data-handle]")].map((each) => [each.dataset.handle, each]));
    this.cuts = [];
    this.skips = null;
    for (const place of ["[data-line]", "[data-keys]", "[data-preview]"]) this.querySelector(place).hidden = false;
    this.#listen();
    this.#read();
    this.#picture();
    // The playlist is fetched when somebody wants to see something.
    this.source = new Source(this.video, {
      id: this.dataset.video,
      url: this.dataset.hls,
      licence: this.dataset.licence,
      tell: { qualities() {}, quality() {}, error() {}, swap() {}, fault: (message) => this.#fault(message) },
    });
    this.video.addEventListener("playing", () => this.#fault(""));
    this.video.addEventListener("play", () => this.#open(), { once: true });
  }

  disconnectedCallback() {
    this.source?.close();
  }

  get kind() {
    return this.form.elements.kind.value;
  }

  #listen() {
    for (const [name, handle] of Object.entries(this.handles)) {
      handle.addEventListener("keydown", (event) => this.#key(event, name));
      handle.addEventListener("pointerdown", (event) => this.#grab(event, name));
      // A moment later: then it is known which field is typed into next.
      this.fields[name].addEventListener("change", () => setTimeout(() => this.#read()));
      this.fields[name].addEventListener("input", () => this.#judge(name));
    }
    this.line.addEventListener("pointerdown", (event) => event.target.dataset.handle || this.#seek(this.#at(event)));
    this.form.addEventListener("change", (event) => event.target.name === "kind" && this.#paint());
    this.form.addEventListener("submit", () => this.#write());
    this.querySelector("[data-preview]").addEventListener("click", () => this.#preview());
    this.querySelector("[data-more]").addEventListener("click", () => this.#more());
    this.video.addEventListener("timeupdate", () => this.#follow());
    this.addEventListener("keydown", (event) => this.#shortcut(event));
  }

  /** What the fields say becomes what is shown; what is no time stays, and is refused. */
  #read() {
    if (Object.values(this.fields).some((field) => field.validity.customError)) {
      this.querySelector("[data-say]").textContent = NO_TIME;
      return;
    }
    const start = secondsOf(this.fields.start.value);
    const end = secondsOf(this.fields.end.value);
    this.start = Number.isNaN(start) ? 0 : Math.min(start, this.total - LEAST);
    this.end = Number.isNaN(end) ? this.total : Math.min(this.total, Math.max(end, this.start + LEAST));
    this.start = Math.max(0, this.start);
    this.#show();
  }

  #judge(name) {
    const field = this.fields[name];
    const wrong = Number.isNaN(secondsOf(field.value));
    field.setCustomValidity(wrong ? NO_TIME : "");
    field.setAttribute("aria-invalid", String(wrong));
  }

  #set(name, seconds) {
    if (name === "start") this.start = Math.max(0, Math.min(seconds, this.end - LEAST));
    else this.end = Math.min(this.total, Math.max(seconds, this.start + LEAST));
    this.skips = null;
    this.#show();
    this.#seek(this[name]);
  }

  #show() {
    for (const [name, handle] of Object.entries(this.handles)) {
      // What somebody is about to type over is not changed under their hands.
      if (this.fields[name] !== document.activeElement) {
        this.fields[name].value = timeOf(this[name]);
        this.#judge(name);
      }
      const [least, most] = name === "start" ? [0, this.end - LEAST] : [this.start + LEAST, this.total];
      handle.setAttribute("aria-valuemin", least.toFixed(1));
      handle.setAttribute("aria-valuemax", most.toFixed(1));
      handle.setAttribute("aria-valuenow", this[name].toFixed(1));
      handle.setAttribute("aria-valuetext", `${spoken(this[name])}, ${timeOf(this[name])}`);
      handle.style.insetInlineStart = `${(this[name] / this.total) * 100}%`;
    }
    this.#paint();
  }

  #paint() {
    const { start, end, total } = this;
    const kept = this.querySelector("[data-kept]");
    this.line.dataset.kind = this.kind;
    this.line.style.setProperty("--from", `${(start / total) * 100}%`);
    this.line.style.setProperty("--to", `${(end / total) * 100}%`);
    Object.assign(kept.style, { insetInlineStart: `${(start / total) * 100}%`, inlineSize: `${((end - start) / total) * 100}%` });
    const cutting = this.kind === "cut";
    this.querySelector("[data-more]").hidden = !cutting || this.cuts.length >= MOST_CUTS;
    const marks = this.querySelector("[data-marks]");
    marks.replaceChildren(...(cutting ? this.cuts : []).map(([from, to]) => {
      const mark = document.createElement("i");
      Object.assign(mark.style, { insetInlineStart: `${(from / total) * 100}%`, inlineSize: `${((to - from) / total) * 100}%` });
      return mark;
    }));
    const list = this.querySelector("[data-list]");
    list.hidden = !cutting || !this.cuts.length;
    list.replaceChildren(...this.cuts.map((cut, at) => this.#row(cut, at)));
    const left = this.#spans().reduce((sum, [from, to]) => sum + to - from, 0);
    // As exact as the fields are: a length of thousandths is not all of them in binary.
    const changes = this.total - left > EXACT && left > EXACT;
    for (const name of ["apply", "preview"]) this.querySelector(`[data-${name}]`).disabled = !changes;
    this.querySelector("[data-say]").textContent = left > EXACT ? (changes ? `The video will last ${clock(Math.round(left * 100) / 100)}.` : WHOLE) : NOTHING;
  }

  #row([from, to], at) {
    const row = document.createElement("li");
    row.append(`${timeOf(from)} to ${timeOf(to)}`);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button-quiet";
    button.textContent = "Keep it after all";
    button.setAttribute("aria-label", `Keep ${timeOf(from)} to ${timeOf(to)} after all`);
    button.addEventListener("click", () => {
      this.cuts.splice(at, 1);
      this.#paint();
      this.querySelector("[data-more]").focus();
    });
    row.append(button);
    return row;
  }

  /** What is left, as [from, to]. */
  #spans() {
    if (this.kind !== "cut") return [[this.start, this.end]];
    const left = [];
    let at = 0;
    for (const [from, to] of [...this.cuts, [this.start, this.end]].sort((a, b) => a[0] - b[0])) {
      if (from > at) left.push([at, from]);
      at = Math.max(at, to);
    }
    if (at < this.total) left.push([at, this.total]);
    return left;
  }

  #more() {
    this.cuts.push([this.start, this.end]);
    const length = Math.min(this.end - this.start, Math.max(LEAST, this.total - this.end));
    this.start = Math.min(this.end, this.total - LEAST);
    this.end = Math.min(this.total, this.start + length);
    this.#show();
    this.handles.start.focus();
  }

  #write() {
    this.#read();
    for (const [name, field] of Object.entries(this.fields)) field.value = timeOf(this[name]);
    const pairs = this.cuts.map((cut) => cut.map((seconds) => Math.round(seconds * 1000)).join("-"));
    this.querySelector("[data-cuts]").value = this.kind === "cut" ? pairs.join(",") : "";
  }

  #key(event, name) {
    const step = event.shiftKey ? 1 : STEP;
    const by = { ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step, PageDown: -this.total / 10, PageUp: this.total / 10 }[event.key];
    const to = { Home: name === "start" ? 0 : this.start + LEAST, End: name === "start" ? this.end - LEAST : this.total }[event.key];
    if (by === undefined && to === undefined) return;
    event.preventDefault();
    this.#set(name, to ?? this[name] + by);
  }

  #shortcut(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    const name = { i: "start", o: "end" }[event.key.toLowerCase()];
    if (!name) return;
    event.preventDefault();
    this.#set(name, this.video.currentTime);
  }

  #fault(message) {
    const place = this.querySelector("[data-fault]");
    place.hidden = !message;
    place.textContent = message;
  }

  #grab(event, name) {
    event.preventDefault();
    const handle = this.handles[name];
    handle.focus();
    handle.setPointerCapture(event.pointerId);
    const move = (moved) => this.#set(name, this.#at(moved));
    handle.addEventListener("pointermove", move);
    handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", move), { once: true });
  }

  #at(event) {
    const box = this.line.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * this.total;
  }

  async #open() {
    this.opened ??= this.source.open(0);
    await this.opened;
  }

  async #seek(seconds) {
    await this.#open();
    if (this.video.readyState) this.video.currentTime = seconds;
    else this.video.addEventListener("loadedmetadata", () => (this.video.currentTime = seconds), { once: true });
  }

  /** Play what will be left, from a little before the first cut. */
  async #preview() {
    const spans = this.#spans();
    if (!spans.length) return;
    this.skips = spans;
    const begin = this.kind === "cut" ? Math.max(spans[0][0], Math.min(this.start, spans[0][1]) - LEAD) : spans[0][0];
    await this.#seek(begin);
    await this.video.play().catch(() => {});
  }

  #follow() {
    const { video } = this;
    this.querySelector("[data-now]").style.insetInlineStart = `${(video.currentTime / this.total) * 100}%`;
    if (!this.skips || video.paused) return;
    const now = video.currentTime;
    if (this.skips.some(([from, to]) => now >= from - 0.05 && now < to)) return;
    const next = this.skips.find(([from]) => from > now);
    if (next) {
      video.currentTime = next[0];
    } else {
      video.pause();
      this.skips = null;
    }
  }

  /** Small pictures along the time line, as many as there is room for. */
  async #picture() {
    const address = this.dataset.storyboard;
    if (!address) return;
    const text = await fetch(address).then((answer) => (answer.ok ? answer.text() : "")).catch(() => "");
    const rows = parseStoryboard(text, new URL(address, location.href));
    if (!rows.length) return;
    const strip = this.querySelector("[data-strip]");
    const height = strip.clientHeight || 64;
    const width = (rows[0].w / rows[0].h) * height;
    const count = Math.max(1, Math.ceil(strip.clientWidth / width));
    const sheet = { w: Math.max(...rows.map((row) => row.x + row.w)), h: Math.max(...rows.map((row) => row.y + row.h)) };
    strip.replaceChildren(...Array.from({ length: count }, (_, at) => {
      const seconds = ((at + 0.5) / count) * this.total;
      const row = rows.find(({ start, end }) => seconds >= start && seconds < end) ?? rows.at(-1);
      const scale = height / row.h;
      const cell = document.createElement("i");
      Object.assign(cell.style, {
        backgroundImage: `url("${row.src}")`,
        backgroundSize: `${sheet.w * scale}px ${sheet.h * scale}px`,
        backgroundPosition: `-${row.x * scale}px -${row.y * scale}px`,
      });
      return cell;
    }));
  }
}

const STATES = { queued: "Waits for its turn", making: "Being made", processing: "Being prepared to be watched" };

class Edit extends HTMLElement {
  connectedCallback() {
    this.timer = setInterval(() => this.#look(), POLL_MS);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  async #look() {
    const edit = await api("GET", `/videos/${this.dataset.video}/edits/${this.dataset.edit}`).catch(() => null);
    if (!edit) return;
    // What follows is told by the page as it is made anew.
    if (!STATES[edit.state]) {
      clearInterval(this.timer);
      location.reload();
      return;
    }
    this.querySelector("[data-bar]").value = Math.round(edit.progress * 100);
    if (this.dataset.state === edit.state) return;
    this.dataset.state = edit.state;
    this.querySelector("[data-say]").textContent = STATES[edit.state];
  }
}

/** Where a video is not ready: the page is made anew once it is. */
class Ready extends HTMLElement {
  connectedCallback() {
    this.stop = follow(this.dataset.video, ({ state }) => state === "ready" && location.reload());
  }

  disconnectedCallback() {
    this.stop?.();
  }
}

customElements.define("sf-ready", Ready);
customElements.define("sf-editor", Editor);
customElements.define("sf-edit", Edit);
