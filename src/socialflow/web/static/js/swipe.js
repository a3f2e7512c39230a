// One video after another: what is looked at plays, its neighbour is made ready, and all others let go of their bytes.
import { toast } from "./base.js";
import { Beacons } from "./player-beacons.js";
import { Positions } from "./player-positions.js";
import { Prefs } from "./player-prefs.js";
import { Source } from "./player-source.js";

const SHOWN = 0.6;
const NEAR = 1;
const NEAR_END = 3;
const REDUCED = matchMedia("(prefers-reduced-motion: reduce)");
const prefs = new Prefs("");
const feed = document.querySelector(".swipe");
let current = null;

class Slide extends HTMLElement {
  connectedCallback() {
    if (this.video) return;
    this.video = this.querySelector("video");
    this.video.controls = false;
    this.video.querySelector("source")?.remove();
    this.touch = this.querySelector(".slide-touch");
    this.bar = this.querySelector(".slide-progress");
    this.error = this.querySelector(".slide-error");
    for (const part of [this.touch, this.bar, this.querySelector('[data-act="mute"]')]) part.hidden = false;
    this.addEventListener("click", (event) => {
      const act = event.target.closest("[data-act]")?.dataset.act;
      if (act === "toggle") this.toggle();
      if (act === "mute") hear(!this.video.muted);
    });
    this.video.addEventListener("timeupdate", () => (this.bar.value = 1000 * (this.video.currentTime / this.duration || 0)));
    for (const kind of ["play", "pause"]) this.video.addEventListener(kind, () => this.#tell());
    sight.observe(this);
  }

  disconnectedCallback() {
    sight.unobserve(this);
    this.release();
  }

  get duration() {
    const found = this.video.duration;
    return Number.isFinite(found) && found > 0 ? found : Number(this.dataset.duration) / 1000;
  }

  /** Fetch the beginning, so that it plays at once when it is looked at. */
  ready() {
    if (this.source) return this.opening;
    this.beacons ??= new Beacons(this);
    this.positions ??= new Positions(this, prefs.get("keep_positions"));
    this.source = new Source(this.video, {
      id: this.dataset.video,
      url: this.dataset.hls,
      licence: this.dataset.licence,
      tell: {
        qualities: () => {},
        quality: (_, __, bits) => this.beacons.bitrate(bits),
        fault: (message) => this.#fault(message),
        error: (code) => this.beacons.error(code),
        swap: () => {},
      },
    });
    this.opening = this.source.open(0);
    return this.opening;
  }

  /** Give back what it has loaded: it begins anew when somebody comes back. */
  release() {
    this.pause();
    this.source?.close();
    this.source = null;
    this.video.removeAttribute("src");
  }

  async play() {
    this.wished = true;
    this.#fault("");
    this.video.muted = prefs.get("muted");
    try {
      await this.ready();
      this.beacons.begin();
      await this.#start();
    } catch {
      this.#fault("This video cannot be played here.");
    }
    this.#tell();
  }

  async #start() {
    try {
      await this.video.play();
    } catch (error) {
      if (error.name === "NotSupportedError") throw error;
      if (!this.wished) return;
      // Sound needs a press first: better silent than still.
      if (error.name === "NotAllowedError" && !this.video.muted) {
        this.video.muted = true;
        await this.#start();
      }
      // Loading may interrupt the first try; the wish stands.
      if (error.name === "AbortError") {
        this.video.addEventListener("canplay", () => this.wished && this.#start().then(() => this.#tell()), { once: true });
      }
    }
  }

  pause() {
    this.wished = false;
    this.video.pause();
  }

  toggle() {
    if (!this.video.paused) this.pause();
    else if (this.video.muted && !prefs.get("muted")) hear(false).play();
    else this.play();
  }

  #fault(message) {
    this.error.textContent = message;
    this.error.hidden = !message;
    if (message) this.beacons?.failed();
  }

  #tell() {
    const { paused, muted } = this.video;
    this.classList.toggle("is-paused", paused);
    this.touch.setAttribute("aria-label", paused ? "Play" : "Pause");
    const mute = this.querySelector('[data-act="mute"]');
    mute.setAttribute("aria-pressed", String(muted));
    this.classList.toggle("is-muted", muted);
  }
}

const slides = () => [...document.querySelectorAll("sf-slide")];

/** With sound or without, for this video and all that follow; the slide that is looked at. */
function hear(muted) {
  prefs.set("muted", muted);
  if (current) {
    current.video.muted = muted;
    current.video.dispatchEvent(new Event(current.video.paused ? "pause" : "play"));
  }
  return current;
}

/** Another one is looked at. */
function look(slide) {
  if (slide === current) return;
  current?.pause();
  current = slide;
  const all = slides();
  const place = all.indexOf(slide);
  all.forEach((other, number) => {
    if (Math.abs(number - place) > NEAR) other.release();
  });
  if (feed.dataset.autoplay !== undefined && prefs.get("autoplay") && !REDUCED.matches) slide.play();
  if (place >= all.length - NEAR_END) document.querySelector(".slide-more a")?.click();
  slide.video.addEventListener("playing", () => all[place + 1]?.ready()?.catch(() => {}), { once: true });
}

const sight = new IntersectionObserver(
  (entries) => {
    const seen = entries.filter((entry) => entry.intersectionRatio >= SHOWN).at(-1);
    if (seen) look(seen.target);
  },
  { root: feed, threshold: SHOWN },
);

/** To the next one, or the one before. */
function step(by) {
  const all = slides();
  const to = all[all.indexOf(current) + by];
  if (to) to.scrollIntoView({ behavior: REDUCED.matches ? "instant" : "smooth" });
  else if (by > 0 && !document.querySelector(".slide-more")) toast("You have seen them all.");
}

const KEYS = {
  ArrowDown: () => step(1),
  PageDown: () => step(1),
  j: () => step(1),
  ArrowUp: () => step(-1),
  PageUp: () => step(-1),
  k: () => step(-1),
  " ": () => current?.toggle(),
  m: () => hear(!prefs.get("muted")),
};

if (feed) {
  customElements.define("sf-slide", Slide);
  document.addEventListener("keydown", (event) => {
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    const writes = event.target.closest("input, textarea, select, dialog");
    const presses = event.key === " " && event.target.closest("button, a, summary");
    if (!plain || writes || presses || !KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  document.addEventListener("visibilitychange", () => document.hidden && current?.pause());
}
