// How well playing goes, told to the server in the words of CMCD version 2, event mode (CTA-5004-B).
// https://cta-wave.github.io/Resources/common-media-client-data--cta-5004-b.html
// A session is one playback and its number is drawn anew for each: nothing here says who is watching. Absolute
// numbers (since the session began) make good what is lost on the way, and do no harm when they come twice.
import { meta } from "./base.js";

const URL_OF_REPORTS = "/api/v1/analytics/playback";
const INTERVAL_MS = 30_000;
const BATCH = 10;
const MOST_WAITING = 50;
const STATE = { starting: "s", playing: "p", seeking: "k", stalled: "r", paused: "a", ended: "e", failed: "f", quit: "q" };
const FINAL = new Set([STATE.ended, STATE.failed, STATE.quit]);
const MEDIA_ERRORS = ["", "MEDIA_ERR_ABORTED", "MEDIA_ERR_NETWORK", "MEDIA_ERR_DECODE", "MEDIA_ERR_SRC_NOT_SUPPORTED"];

// crypto.randomUUID is for secure pages alone; an installation at home may have none.
function guid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export class Beacons {
  constructor(player) {
    Object.assign(this, { player, video: player.video, sid: null, waiting: [] });
    if (player.dataset.beacons === undefined) return;
    const { video } = this;
    const on = (kind, call) => video.addEventListener(kind, call);
    on("playing", () => this.#playing());
    on("waiting", () => this.#is(STATE.playing) && !video.seeking && this.#state(STATE.stalled));
    on("seeking", () => this.#goes() && this.msd !== null && this.#state(STATE.seeking));
    on("seeked", () => this.#is(STATE.seeking) && this.#state(video.paused ? STATE.paused : STATE.playing));
    on("timeupdate", () => this.#is(STATE.stalled) && !video.paused && video.readyState > 2 && this.#state(STATE.playing));
    on("pause", () => this.#goes() && !video.ended && this.#state(STATE.paused));
    on("ended", () => this.#state(STATE.ended));
    on("error", () => video.error && this.error(MEDIA_ERRORS[video.error.code] || "MEDIA_ERR"));
    setInterval(() => this.#goes() && this.#say("t"), INTERVAL_MS);
    document.addEventListener("visibilitychange", () => this.#goes() && this.#say("b", { bg: document.hidden }));
    addEventListener("pagehide", () => {
      if (this.#goes()) this.#state(STATE.quit);
      this.#send();
    });
  }

  /** Somebody wants to play: the clock of the start begins to run. */
  begin() {
    if (this.player.dataset.beacons === undefined || this.#goes()) return;
    this.#open(performance.now());
    this.#state(STATE.starting);
  }

  #open(wished) {
    Object.assign(this, { sid: guid(), sn: 0, state: null, since: performance.now(), wished, msd: null, tellMsd: false });
    Object.assign(this, { played: 0, stalls: 0, stallMs: 0, recent: [], starved: false });
    Object.assign(this, { kbps: this.kbps ?? 0, switches: 0, weight: 0, weighed: 0, codes: [] });
    this.dropped = this.#frames();
  }

  /** Another rendition is shown, of so many bits a second. */
  bitrate(bits) {
    const kbps = Math.round((bits || 0) / 1000);
    if (kbps === this.kbps) return;
    const known = this.kbps > 0;
    this.#count();
    this.kbps = kbps;
    if (!this.#goes() || !known) return;
    this.switches += 1;
    this.#say("bc");
  }

  error(code) {
    if (!this.#goes()) return;
    this.codes.push(String(code).replace(/[^A-Za-z0-9_.:-]/g, "").slice(0, 64) || "unknown");
    this.#say("e", { ec: this.codes.splice(0, 8) });
  }

  /** Nothing more will be shown. */
  failed() {
    if (this.#goes()) this.#state(STATE.failed);
  }

  #goes() {
    return this.sid !== null && !FINAL.has(this.state);
  }

  #is(state) {
    return this.sid !== null && this.state === state;
  }

  #playing() {
    if (this.player.dataset.beacons === undefined) return;
    // Played again after the end, or shown again by the browser after it was left.
    if (!this.#goes()) this.#open(null);
    if (this.msd === null) {
      this.msd = this.wished === null ? -1 : Math.round(performance.now() - this.wished);
      this.tellMsd = this.msd >= 0;
    }
    this.#state(STATE.playing);
  }

  // Time since the last change belongs to the state before.
  #count() {
    const now = performance.now();
    const passed = now - (this.since ?? now);
    this.since = now;
    if (this.state === STATE.playing) {
      this.played += passed;
      if (this.kbps) {
        this.weight += this.kbps * passed;
        this.weighed += passed;
      }
    }
    if (this.state === STATE.stalled) {
      this.stallMs += passed;
      this.stallFor += passed;
    }
  }

  #state(state) {
    if (!this.sid || state === this.state || FINAL.has(this.state)) return;
    this.#count();
    if (this.state === STATE.stalled) this.recent.push(Math.round(this.stallFor));
    if (state === STATE.stalled) {
      this.stalls += 1;
      this.stallFor = 0;
      this.starved = true;
    }
    this.state = state;
    this.#say("ps");
    if (FINAL.has(state)) this.#send();
  }

  #frames() {
    return this.video.getVideoPlaybackQuality?.().droppedVideoFrames ?? 0;
  }

  #say(event, more = {}) {
    this.#count();
    const report = {
      v: 2,
      sid: this.sid,
      cid: this.player.dataset.video,
      sn: this.sn,
      ts: Date.now(),
      e: event,
      sta: this.state,
      pt: Math.round(this.video.currentTime * 1000),
      sf: "h",
      st: "v",
      bsa: [this.stalls],
      bsda: [Math.round(this.stallMs)],
      dfa: Math.max(0, this.#frames() - this.dropped),
      "socialflow-played": Math.round(this.played),
      "socialflow-switches": this.switches,
      ...more,
    };
    this.sn += 1;
    if (this.tellMsd) report.msd = Math.min(this.msd, 600_000);
    if (this.kbps) report.br = [this.kbps];
    if (this.weighed) report["socialflow-mean"] = Math.round(this.weight / this.weighed);
    if (this.video.playbackRate !== 1) report.pr = this.video.playbackRate;
    if (this.starved) report.bs = true;
    if (this.recent.length) report.bsd = this.recent.splice(0, 4);
    Object.assign(this, { tellMsd: false, starved: false });
    this.waiting.push(report);
    // How long the start took is told at once: many who waited for long do not stay.
    if (event === "t" || event === "b" || report.msd !== undefined || this.waiting.length >= BATCH) this.#send();
  }

  // A call is about one session; the page may be gone before the answer is there.
  #send() {
    while (this.waiting.length) {
      const [{ sid }] = this.waiting;
      const reports = this.waiting.filter((each) => each.sid === sid).slice(0, MOST_WAITING);
      this.waiting = this.waiting.filter((each) => !reports.includes(each));
      this.#post(reports);
    }
  }

  #post(reports) {
    const token = meta("csrf-token");
    const headers = { "Content-Type": "application/json", ...(token && { "X-CSRF-Token": token }) };
    // In a frame of somebody else's page, and without a session, nobody is asked who they are.
    const credentials = token ? "same-origin" : "omit";
    const again = () => (this.waiting = [...reports, ...this.waiting].slice(-MOST_WAITING));
    fetch(URL_OF_REPORTS, { method: "POST", keepalive: true, credentials, headers, body: JSON.stringify({ reports }) }).then(
      (answer) => answer.status >= 500 && again(),
      again,
    );
  }
}
