// <sf-player>: our own controls over a <video> that the page brings; without scripts the browser's own remain.
import { api, clock } from "./base.js";
import { follow } from "./events.js";
import { Beacons } from "./player-beacons.js";
import { Captions } from "./player-captions.js";
import { choose, otherScreens } from "./player-cast.js";
import { Chapters } from "./player-chapters.js";
import { keys, pointers, session } from "./player-input.js";
import { Menu, qualityName, SPEEDS } from "./player-menu.js";
import { follows, Next } from "./player-next.js";
import { Positions } from "./player-positions.js";
import { Prefs } from "./player-prefs.js";
import { Scrub } from "./player-scrub.js";
import { licenceOf, loadHls, playlistOf, Source } from "./player-source.js";
import { View } from "./player-view.js";

const REST_MS = 2800;
const LEARN_MS = 3000;
const REDUCED = matchMedia("(prefers-reduced-motion: reduce)");

class Player extends HTMLElement {
  connectedCallback() {
    if (this.video) return;
    this.video = this.querySelector("video");
    this.controls = this.querySelector(".player-controls");
    this.prefs = new Prefs(this.dataset.settings);
    const quality = this.prefs.get("quality");
    this.quality = quality === "auto" ? null : quality;
    this.tabIndex = -1;
    this.#takeOver();
    this.view = new View(this);
    this.captions = new Captions(this);
    this.chapters = new Chapters(this);
    this.positions = new Positions(this, this.prefs.get("keep_positions"));
    this.next = new Next(this);
    this.beacons = new Beacons(this);
    this.scrub = new Scrub(this);
    this.menu = new Menu(this, this.querySelector(".player-menu"), this.#act("menu"));
    this.#buttons();
    this.#listen();
    keys(this);
    pointers(this, this.querySelector(".player-touch"));
    otherScreens(this);
    this.#update();
    if (this.dataset.state !== "ready") this.stopNews = follow(this.dataset.video, (news) => this.#news(news));
    if (this.#maySelfStart()) this.play();
  }

  disconnectedCallback() {
    this.stopNews?.();
    this.source?.close();
  }

  get duration() {
    const found = this.video.duration;
    return Number.isFinite(found) && found > 0 ? found : Number(this.dataset.duration) / 1000;
  }

  #act(name) {
    return this.querySelector(`[data-act="${name}"]`);
  }

  // The browser's controls and its own HLS give way to ours.
  #takeOver() {
    const { video } = this;
    video.controls = false;
    video.querySelector("source")?.remove();
    video.volume = this.prefs.get("volume");
    video.muted = this.prefs.get("muted");
    video.loop = this.prefs.get("loop");
    video.defaultPlaybackRate = video.playbackRate = this.prefs.get("speed");
    this.controls.hidden = false;
    this.querySelector(".player-big").hidden = false;
  }

  // Someone who came by a link of this site has asked for the video; someone from outside decides here.
  #maySelfStart() {
    if (follows()) return true;
    if (!this.prefs.get("autoplay") || REDUCED.matches || !document.referrer) return false;
    return new URL(document.referrer).origin === location.origin && performance.getEntriesByType("navigation")[0]?.type === "navigate";
  }

  #buttons() {
    const does = {
      play: () => this.toggle(),
      mute: () => this.toggleMute(),
      captions: () => this.captions.toggle(),
      pip: () => this.view.togglePip(),
      theatre: () => this.view.toggleTheatre(),
      fullscreen: () => this.view.toggleFullscreen(),
      chapters: () => this.menu.open("chapters"),
      airplay: () => choose(this, "airplay"),
      cast: () => choose(this, "cast"),
      "next-now": () => this.next.go(),
      "next-not": () => this.next.cancel(),
      retry: () => this.#retry(),
      restart: () => this.#restart(),
    };
    this.addEventListener("click", (event) => does[event.target.closest("[data-act]")?.dataset.act]?.());
    const volume = this.querySelector(".volume-input");
    volume.addEventListener("input", () => this.#setVolume(Number(volume.value) / 100));
  }

  #listen() {
    const { video } = this;
    const on = (names, call) => names.split(" ").forEach((name) => video.addEventListener(name, call));
    on("timeupdate progress durationchange seeked loadedmetadata", () => this.#update());
    on("play pause ended volumechange", () => this.#update());
    on("waiting seeking", () => this.#wait(true));
    on("playing canplay seeked pause error", () => this.#wait(false));
    on("play", () => this.say("Playing"));
    on("pause", () => this.say(video.ended ? "Ended" : "Paused"));
    on("playing", () => this.#fault(""));
    on("error", () => video.error && !this.source?.hls && this.#giveUp("This video cannot be played by this browser."));
    document.addEventListener("fullscreenchange", () => this.#update());
    for (const kind of ["pointerenter", "focusin", "touchstart"]) {
      this.addEventListener(kind, () => this.warm(), { once: true, passive: true });
    }
  }

  /** Fetch the machinery ahead of a press that seems near. */
  warm() {
    if (window.MediaSource || window.ManagedMediaSource) loadHls().catch(() => {});
  }

  async play() {
    this.wished = true;
    this.#fault("");
    this.beacons.begin();
    if (!this.source) {
      const wished = Number(new URLSearchParams(location.search).get("t")) || 0;
      const start = wished || this.positions.start;
      this.#wait(true);
      try {
        await this.#open(start);
      } catch {
        this.#wait(false);
        this.#giveUp("The player could not be loaded. Check the connection.");
        return;
      }
      if (!wished && start > 0) this.#resumed(start);
    }
    await this.#start();
    this.stir();
  }

  async #start() {
    try {
      await this.video.play();
    } catch (error) {
      this.#wait(false);
      if (error.name === "NotSupportedError") this.#giveUp("This video cannot be played by this browser.");
      // Loading may interrupt the first try; the wish stands.
      if (error.name === "AbortError" && this.wished) {
        this.video.addEventListener("canplay", () => this.wished && this.#start(), { once: true });
      }
    }
  }

  async #open(start) {
    this.source = new Source(this.video, {
      id: this.dataset.video,
      url: this.dataset.hls,
      licence: this.dataset.licence,
      tell: {
        qualities: () => this.menu.refresh(),
        quality: (lines, _, bits) => this.#qualityIs(lines, bits),
        fault: (message, forGood) => (forGood ? this.#giveUp(message) : this.#fault(message)),
        error: (code) => this.beacons.error(code),
        swap: (begins) => this.view.freeze(begins),
      },
    });
    this.source.wanted = this.quality;
    await this.source.open(start);
    session(this);
  }

  /** As an address that another screen can fetch by itself, rather than as bytes that this page puts together. */
  async playPlainly() {
    if (!this.source) await this.#open(this.positions.start);
    await this.source.plainly();
  }

  toggle() {
    if (this.video.paused || !this.source) {
      this.play();
      return;
    }
    this.wished = false;
    this.video.pause();
  }

  /** Jump to a time in seconds. */
  seek(seconds) {
    const to = Math.min(Math.max(0, seconds), Math.max(0, this.duration - 0.1));
    if (this.source) {
      this.video.currentTime = to;
    } else {
      this.#open(to).then(() => this.video.play()).catch(() => {});
    }
    this.#update();
  }

  skip(seconds) {
    this.seek(this.video.currentTime + seconds);
  }

  setSpeed(rate) {
    this.prefs.set("speed", rate);
    this.video.defaultPlaybackRate = rate;
    this.video.playbackRate = rate;
    this.say(`Speed ${rate}`);
    this.flash(`${rate}×`);
  }

  stepSpeed(by) {
    const at = SPEEDS.indexOf(this.video.playbackRate);
    this.setSpeed(SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, (at < 0 ? SPEEDS.indexOf(1) : at) + by))]);
  }

  #setVolume(volume) {
    this.video.volume = Math.min(1, Math.max(0, volume));
    this.video.muted = this.video.volume === 0;
    this.prefs.set("volume", this.video.volume);
    this.prefs.set("muted", this.video.muted);
  }

  addVolume(by) {
    this.#setVolume((this.video.muted ? 0 : this.video.volume) + by);
    this.flash(`${Math.round(this.video.volume * 100)} %`);
  }

  toggleMute() {
    this.video.muted = !this.video.muted;
    if (!this.video.muted && this.video.volume === 0) this.video.volume = 0.5;
    this.prefs.set("muted", this.video.muted);
    this.say(this.video.muted ? "Muted" : "Sound on");
  }

  setNext(on) {
    this.prefs.set("autoplay_next", on);
    if (!on) this.next.cancel();
  }

  setLoop(on) {
    this.video.loop = on;
    this.prefs.set("loop", on);
    this.say(on ? "Loop on" : "Loop off");
  }

  qualities() {
    return this.source?.qualities ?? [];
  }

  setQuality(lines) {
    this.quality = lines;
    this.prefs.set("quality", lines ?? "auto");
    this.source?.choose(lines);
    this.say(lines === null ? "Quality automatic" : `Quality ${qualityName(lines)}`);
  }

  qualityLabel() {
    const now = this.current ? qualityName(this.current) : "";
    if (this.quality === null) return now ? `Auto · ${now}` : "Auto";
    return qualityName(this.quality);
  }

  #qualityIs(lines, bits) {
    this.current = lines;
    this.beacons.bitrate(bits);
    const mark = this.querySelector("[data-mark]");
    mark.hidden = lines < 720;
    mark.textContent = lines >= 2160 ? "4K" : "HD";
    this.dataset.quality = String(lines);
    this.menu.refresh();
  }

  showHelp() {
    this.querySelector(".player-help").showModal();
  }

  /** Show the controls for a while. */
  stir() {
    this.classList.remove("resting");
    clearTimeout(this.restTimer);
    this.restTimer = setTimeout(() => this.rest(), REST_MS);
  }

  rest() {
    const busy = this.video.paused || this.menu.isOpen || this.controls.matches(":has(:focus-visible)") || this.scrub.dragging;
    this.classList.toggle("resting", !busy);
  }

  toggleControls() {
    if (this.classList.contains("resting") || this.video.paused) {
      if (!this.source) this.play();
      this.stir();
    } else {
      this.classList.add("resting");
    }
  }

  /** Say something large for a moment. */
  flash(text, side = "") {
    const place = this.querySelector(".player-flash");
    place.textContent = text;
    place.dataset.side = side;
    place.hidden = false;
    clearTimeout(this.flashTimer);
    this.flashTimer = setTimeout(() => (place.hidden = true), 700);
  }

  /** Tell screen readers. */
  say(text) {
    this.querySelector("[data-say]").textContent = text;
  }

  // More qualities, and last the storyboard, are made while the page is open.
  async #news(news) {
    const [same, now] = [this.dataset.state === news.state, performance.now()];
    if (same && now - (this.learnt ?? 0) < LEARN_MS) return;
    this.learnt = now;
    this.dataset.state = news.state;
    if (news.state === "ready" || news.state === "failed") this.stopNews?.();
    const playback = await api("GET", `/videos/${this.dataset.video}`).then((video) => video.playback, () => null);
    if (!playback) return;
    this.dataset.hls = playlistOf(playback);
    if (playback.storyboard && playback.storyboard !== this.dataset.storyboard) {
      this.dataset.storyboard = playback.storyboard;
      this.scrub.forget();
    }
    this.dataset.licence = licenceOf(playback);
    this.source?.grow(this.dataset.hls, this.dataset.licence);
  }

  #resumed(seconds) {
    const place = this.querySelector(".player-resumed");
    place.querySelector("[data-resumed]").textContent = `Resumed at ${clock(seconds)}`;
    place.hidden = false;
    setTimeout(() => (place.hidden = true), 6000);
  }

  #restart() {
    this.querySelector(".player-resumed").hidden = true;
    this.seek(0);
  }

  async #retry() {
    this.#fault("");
    this.#wait(true);
    try {
      if (this.source) await this.source.retry();
      await this.play();
    } catch {
      this.#fault("The connection is still missing.");
    }
  }

  #giveUp(message) {
    this.beacons.failed();
    this.#fault(message);
  }

  #wait(on) {
    clearTimeout(this.waitTimer);
    const place = this.querySelector(".player-wait");
    // A short wait is not worth a wheel.
    if (on) this.waitTimer = setTimeout(() => (place.hidden = false), 250);
    else place.hidden = true;
  }

  #fault(message) {
    const place = this.querySelector(".player-error");
    place.hidden = !message;
    place.querySelector("[data-error]").textContent = message;
    if (message) this.#wait(false);
  }

  #update() {
    const { video } = this;
    const playing = Boolean(this.source) && !video.paused;
    this.classList.toggle("playing", playing);
    this.classList.toggle("begun", Boolean(this.source) && (video.currentTime > 0 || playing));
    this.classList.toggle("ended", video.ended);
    this.classList.toggle("full", this.view.isFull);
    this.dataset.sound = video.muted || !video.volume ? "mute" : video.volume < 0.5 ? "low" : "loud";
    for (const button of this.querySelectorAll('[data-act="play"]')) button.setAttribute("aria-label", playing ? "Pause (k)" : "Play (k)");
    this.#act("mute").setAttribute("aria-pressed", String(video.muted));
    this.#act("fullscreen").setAttribute("aria-label", this.classList.contains("full") ? "Leave full screen (f)" : "Full screen (f)");
    const volume = this.querySelector(".volume-input");
    volume.value = String(video.muted ? 0 : Math.round(video.volume * 100));
    volume.style.setProperty("--level", String(video.muted ? 0 : video.volume));
    this.querySelector("[data-now]").textContent = clock(video.currentTime);
    this.querySelector("[data-total]").textContent = clock(this.duration);
    this.chapters.update();
    this.scrub.update();
    if (!playing) this.classList.remove("resting");
  }
}

customElements.define("sf-player", Player);
