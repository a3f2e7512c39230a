// <sf-player>: our own controls over a <video> that the page brings; without scripts the browser's own remain.
import { api, clock, store, toast } from "./base.js";
import { follow } from "./events.js";
import { recall, remember } from "./memory.js";
import { Captions } from "./player-captions.js";
import { keys, pointers, session } from "./player-input.js";
import { Menu, qualityName, SPEEDS } from "./player-menu.js";
import { Scrub } from "./player-scrub.js";
import { licenceOf, loadHls, playlistOf, Source } from "./player-source.js";

const REST_MS = 2800;
const KEEP_MS = 5000;
const LEARN_MS = 3000;
const REDUCED = matchMedia("(prefers-reduced-motion: reduce)");

class Player extends HTMLElement {
  connectedCallback() {
    if (this.video) return;
    this.video = this.querySelector("video");
    this.controls = this.querySelector(".player-controls");
    this.quality = store.get("sf:quality");
    this.autoplays = store.get("sf:autoplay") ?? true;
    this.usesKeys = store.get("sf:keys") ?? true;
    this.tabIndex = -1;
    this.#takeOver();
    this.captions = new Captions(this);
    this.scrub = new Scrub(this);
    this.menu = new Menu(this, this.querySelector(".player-menu"), this.#act("menu"));
    this.#buttons();
    this.#listen();
    keys(this);
    pointers(this, this.querySelector(".player-touch"));
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
    video.volume = store.get("sf:volume") ?? 1;
    video.muted = store.get("sf:muted") ?? false;
    this.controls.hidden = false;
    this.querySelector(".player-big").hidden = false;
    this.#act("pip").hidden = !(document.pictureInPictureEnabled && video.requestPictureInPicture);
  }

  // Someone who came by a link of this site has asked for the video; someone from outside decides here.
  #maySelfStart() {
    if (!this.autoplays || REDUCED.matches || !document.referrer) return false;
    return new URL(document.referrer).origin === location.origin && performance.getEntriesByType("navigation")[0]?.type === "navigate";
  }

  #buttons() {
    const does = {
      play: () => this.toggle(),
      mute: () => this.toggleMute(),
      captions: () => this.captions.toggle(),
      pip: () => this.togglePip(),
      fullscreen: () => this.toggleFullscreen(),
      retry: () => this.#retry(),
      restart: () => this.#restart(),
    };
    this.addEventListener("click", (event) => does[event.target.closest("[data-act]")?.dataset.act]?.());
    const volume = this.querySelector(".volume-input");
    volume.addEventListener("input", () => this.#setVolume(Number(volume.value) / 100));
    const box = this.querySelector("[data-keys]");
    box.checked = this.usesKeys;
    box.addEventListener("change", () => {
      this.usesKeys = box.checked;
      store.set("sf:keys", box.checked);
    });
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
    on("ended", () => remember(this.dataset.video, 0, this.duration));
    on("error", () => video.error && !this.source?.hls && this.#fault("This video cannot be played by this browser."));
    document.addEventListener("fullscreenchange", () => this.#update());
    for (const kind of ["pointerenter", "focusin", "touchstart"]) {
      this.addEventListener(kind, () => this.warm(), { once: true, passive: true });
    }
    setInterval(() => !video.paused && this.#keep(), KEEP_MS);
    addEventListener("pagehide", () => this.#keep());
  }

  /** Fetch the machinery ahead of a press that seems near. */
  warm() {
    if (window.MediaSource || window.ManagedMediaSource) loadHls().catch(() => {});
  }

  async play() {
    this.wished = true;
    this.#fault("");
    if (!this.source) {
      const begun = recall(this.dataset.video);
      const wished = Number(new URLSearchParams(location.search).get("t")) || 0;
      const start = wished || (begun);
      this.#wait(true);
      try {
        await this.#open(start);
      } catch {
        this.#wait(false);
        this.#fault("The player could not be loaded. Check the connection.");
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
      if (error.name === "NotSupportedError") this.#fault("This video cannot be played by this browser.");
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
        quality: (lines, automatic) => this.#qualityIs(lines, automatic),
        fault: (message) => this.#fault(message),
        swap: (begins) => this.#freeze(begins),
      },
    });
    this.source.wanted = this.quality;
    await this.source.open(start);
    session(this);
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
    store.set("sf:volume", this.video.volume);
    store.set("sf:muted", this.video.muted);
  }

  addVolume(by) {
    this.#setVolume((this.video.muted ? 0 : this.video.volume) + by);
    this.flash(`${Math.round(this.video.volume * 100)} %`);
  }

  toggleMute() {
    this.video.muted = !this.video.muted;
    if (!this.video.muted && this.video.volume === 0) this.video.volume = 0.5;
    store.set("sf:muted", this.video.muted);
    this.say(this.video.muted ? "Muted" : "Sound on");
  }

  setAutoplay(on) {
    this.autoplays = on;
    store.set("sf:autoplay", on);
  }

  qualities() {
    return this.source?.qualities ?? [];
  }

  setQuality(lines) {
    this.quality = lines;
    store.set("sf:quality", lines);
    this.source?.choose(lines);
    this.say(lines === null ? "Quality automatic" : `Quality ${qualityName(lines)}`);
  }

  qualityLabel() {
    const now = this.current ? qualityName(this.current) : "";
    if (this.quality === null) return now ? `Auto · ${now}` : "Auto";
    return qualityName(this.quality);
  }

  #qualityIs(lines) {
    this.current = lines;
    const mark = this.querySelector("[data-mark]");
    mark.hidden = lines < 720;
    mark.textContent = lines >= 2160 ? "4K" : "HD";
    this.dataset.quality = String(lines);
    this.menu.refresh();
  }

  async togglePip() {
    try {
      if (document.pictureInPictureElement) await document.exitPictureInPicture();
      else await this.video.requestPictureInPicture();
    } catch {
      toast("Picture in picture is not possible just now.");
    }
  }

  async toggleFullscreen() {
    if (document.fullscreenElement) await document.exitFullscreen();
    else if (this.requestFullscreen) await this.requestFullscreen().catch(() => {});
    else this.video.webkitEnterFullscreen?.();
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

  #keep() {
    if (this.source && this.video.readyState > 0) remember(this.dataset.video, this.video.currentTime, this.duration);
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

  // While playlists are read anew the last picture stays in front of the empty video.
  #freeze(on) {
    const canvas = this.querySelector(".player-freeze");
    if (on && this.video.videoWidth) {
      Object.assign(canvas, { width: this.video.videoWidth, height: this.video.videoHeight });
      canvas.getContext("2d").drawImage(this.video, 0, 0);
    }
    canvas.hidden = !(on && this.video.videoWidth);
  }

  #update() {
    const { video } = this;
    const playing = Boolean(this.source) && !video.paused;
    this.classList.toggle("playing", playing);
    this.classList.toggle("begun", Boolean(this.source) && (video.currentTime > 0 || playing));
    this.classList.toggle("ended", video.ended);
    this.classList.toggle("full", document.fullscreenElement === this);
    this.dataset.sound = video.muted || !video.volume ? "mute" : video.volume < 0.5 ? "low" : "loud";
    for (const button of this.querySelectorAll('[data-act="play"]')) button.setAttribute("aria-label", playing ? "Pause (k)" : "Play (k)");
    this.#act("mute").setAttribute("aria-pressed", String(video.muted));
    this.#act("fullscreen").setAttribute("aria-label", this.classList.contains("full") ? "Leave full screen (f)" : "Full screen (f)");
    const volume = this.querySelector(".volume-input");
    volume.value = String(video.muted ? 0 : Math.round(video.volume * 100));
    volume.style.setProperty("--level", String(video.muted ? 0 : video.volume));
    this.querySelector("[data-now]").textContent = clock(video.currentTime);
    this.querySelector("[data-total]").textContent = clock(this.duration);
    this.scrub.update();
    if (!playing) this.classList.remove("resting");
  }
}

customElements.define("sf-player", Player);
