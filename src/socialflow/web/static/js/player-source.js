// Where the player's bytes come from: hls.js where there are media source extensions, the browser's own HLS elsewhere.
import { api } from "./base.js";

const WORTH_GROWING = 1.3;
const MOST_RECOVERIES = 3;
const HLS = "application/vnd.apple.mpegurl";
const EXPIRED = new Set([401, 403, 404, 410]);

/** Fetch hls.js; many calls, one request. */
export const loadHls = () => import("./player-hls.js").then((module) => module.default);

const canUseHls = () => Boolean(window.ManagedMediaSource || window.MediaSource);
const lines = (level) => Math.min(level.width || level.height || 0, level.height || level.width || 0);

/** Qualities that a multivariant playlist offers, as lines of the short side, best first. */
export function qualitiesOf(master) {
  const found = new Set();
  for (const [, width, height] of master.matchAll(/^#EXT-X-STREAM-INF:.*?RESOLUTION=(\d+)x(\d+)/gm)) {
    found.add(Math.min(Number(width), Number(height)));
  }
  return [...found].sort((a, b) => b - a);
}

/** Address of the playlist of a playback, which changes when more qualities have been made. */
export const playlistOf = (playback) => `${playback.hls_url}?v=${encodeURIComponent(playback.cache_key)}`;

/** Where the keys of a playback are had, where the browser asks for them itself; else nothing. */
export const licenceOf = (playback) => playback.protection?.license_url || "";

/**
 * Feeds one <video>. `tell` hears: qualities(list), quality(lines, automatic, bits a second),
 * fault(message, whether for good), error(code), swap(begins).
 */
export class Source {
  constructor(video, { id, url, licence, tell }) {
    Object.assign(this, { video, id, url, licence, tell });
    this.hls = null;
    this.qualities = [];
    this.wanted = null;
    this.recoveries = 0;
    this.renewed = 0;
  }

  /** Begin to load at a position in seconds. */
  async open(position = 0) {
    if (!canUseHls()) {
      this.video.src = this.url;
      if (position) this.video.addEventListener("loadedmetadata", () => (this.video.currentTime = position), { once: true });
      return;
    }
    this.Hls = await loadHls();
    this.#attach(position);
  }

  /** Let the browser play the address by itself, as other screens need it; whether it can. */
  async plainly() {
    if (!this.hls) return true;
    if (!this.video.canPlayType(HLS)) return false;
    const [position, going] = [this.video.currentTime, !this.video.paused];
    this.close();
    Object.assign(this.video, { preload: "metadata", src: this.url });
    await new Promise((done, failed) => {
      this.video.addEventListener("loadedmetadata", done, { once: true });
      this.video.addEventListener("error", failed, { once: true });
    });
    this.video.currentTime = position;
    if (going) this.video.play().catch(() => {});
    return true;
  }

  close() {
    this.hls?.destroy();
    this.hls = null;
  }

  #attach(position) {
    const { Hls } = this;
    this.close();
    const hls = new Hls({
      startPosition: position,
      capLevelToPlayerSize: true,
      maxBufferLength: 30,
      backBufferLength: 60,
      enableWorker: false,
      // Captions are the page's own tracks; what the playlist lists of them would come a second time.
      renderTextTracksNatively: false,
      enableWebVTT: false,
      ...(this.licence && { emeEnabled: true, drmSystems: { "org.w3.clearkey": { licenseUrl: this.licence } } }),
    });
    this.hls = hls;
    hls.on(Hls.Events.MANIFEST_PARSED, () => {
      this.#offer(hls.levels.map(lines));
      this.#apply();
    });
    hls.on(Hls.Events.LEVEL_SWITCHED, (_, { level }) => this.#report(level));
    hls.on(Hls.Events.ERROR, (_, fault) => fault.fatal && this.#recover(fault));
    hls.loadSource(this.url);
    hls.attachMedia(this.video);
  }

  #offer(found) {
    const all = [...new Set([...this.qualities, ...found])].filter(Boolean).sort((a, b) => b - a);
    if (String(all) === String(this.qualities)) return;
    this.qualities = all;
    this.tell.qualities(all);
  }

  #report(level) {
    const now = this.hls?.levels[level];
    if (now) this.tell.quality(lines(now), this.wanted === null, now.bitrate);
  }

  /** Sounds to choose from, as hls.js lists them; none where there is no choice. */
  get sounds() {
    const found = this.hls?.audioTracks ?? [];
    return found.length > 1 ? found : [];
  }

  /** The number of the sound that is heard, and another that shall be. */
  get sound() {
    return this.hls?.audioTrack ?? -1;
  }

  set sound(number) {
    if (this.hls) this.hls.audioTrack = number;
  }

  /** Prefer a quality, or null for the best that the connection carries. */
  choose(quality) {
    this.wanted = quality;
    if (!this.hls) return;
    if (quality !== null && !this.hls.levels.some((level) => lines(level) === quality)) this.#swap();
    else this.#apply();
    if (this.hls.currentLevel >= 0) this.#report(this.hls.currentLevel);
  }

  #apply() {
    if (this.wanted === null) {
      this.hls.nextLevel = -1;
      return;
    }
    let best = -1;
    // A size may be there in several codecs: the one that plays goes on.
    const { levels, currentLevel } = this.hls;
    const worth = (level) => (level.codecSet === levels[currentLevel]?.codecSet ? 1e12 : 0) + level.bitrate;
    levels.forEach((level, at) => {
      if (lines(level) === this.wanted && (best < 0 || worth(level) > worth(levels[best]))) best = at;
    });
    if (best < 0) return;
    if (this.hls.currentLevel < 0) this.hls.startLevel = best;
    this.hls.nextLevel = best;
  }

  /** Look whether the playlist offers more qualities by now; they join the menu, and playing never starts over. */
  async grow(url, licence) {
    Object.assign(this, { url, licence });
    if (!this.hls) return;
    let master;
    try {
      master = await (await fetch(url)).text();
    } catch {
      return;
    }
    this.#offer(qualitiesOf(master));
    if (this.wanted === null && this.#isWorthwhile()) this.#swap();
  }

  // New qualities are only worth an interruption where they look better, or where the present ones are too much.
  #isWorthwhile() {
    const { levels, bandwidthEstimate } = this.hls;
    if (!levels.length) return false;
    const [top, low] = [Math.max(...levels.map(lines)), Math.min(...levels.map(lines))];
    const rates = levels.map((level) => level.bitrate);
    if (this.qualities.at(-1) < low) return bandwidthEstimate < Math.min(...rates) * WORTH_GROWING;
    const shown = this.video.getBoundingClientRect();
    const room = Math.min(shown.width, shown.height) * (window.devicePixelRatio || 1) > top;
    return this.qualities[0] > top && room && bandwidthEstimate > Math.max(...rates) * WORTH_GROWING;
  }

  /** Read the playlists anew at the same position. */
  #swap() {
    const { video } = this;
    const going = !video.paused && !video.ended;
    this.tell.swap(true);
    video.defaultPlaybackRate = video.playbackRate;
    const position = video.currentTime;
    this.#attach(position);
    video.addEventListener("seeked", () => this.tell.swap(false), { once: true });
    video.addEventListener("playing", () => this.tell.swap(false), { once: true });
    if (going) video.play().catch(() => {});
  }

  async #recover({ type, response, details }) {
    const { Hls } = this;
    this.tell.error(details);
    this.recoveries += 1;
    if (this.recoveries > MOST_RECOVERIES) {
      this.tell.fault("This video cannot be played just now.", true);
      return;
    }
    if (type === Hls.ErrorTypes.MEDIA_ERROR) {
      this.hls.recoverMediaError();
      return;
    }
    if (EXPIRED.has(response?.code) && Date.now() - this.renewed > 30_000) {
      await this.#renew();
      return;
    }
    const offline = navigator.onLine === false;
    this.tell.fault(offline ? "You are offline. Playing goes on when the connection is back." : "The connection was lost while loading the video.");
    if (offline) window.addEventListener("online", () => this.retry(), { once: true });
    else if (!details?.startsWith("manifest")) setTimeout(() => this.hls?.startLoad(), 2000 * this.recoveries);
  }

  // Addresses of private media are short-lived; a new one is asked for with the viewer's session.
  async #renew() {
    this.renewed = Date.now();
    try {
      const { playback } = await api("GET", `/videos/${this.id}`);
      this.url = playlistOf(playback);
      this.licence = licenceOf(playback);
      this.#swap();
    } catch {
      this.tell.fault("This video is no longer available to you.", true);
    }
  }

  /** Try again after a fault, from where playing stopped. */
  async retry() {
    this.recoveries = 0;
    const position = this.video.currentTime || 0;
    this.close();
    await this.open(position);
  }
}
