// Where the viewer stopped: with their account for who is logged in, in this browser for everybody else.
import { api, meta } from "./base.js";
import { recall, remember } from "./memory.js";

const EVERY_MS = 15_000;
const SETTLE_MS = 1_000;
const WORTH_SECONDS = 1;

export class Positions {
  constructor(player, keeps) {
    Object.assign(this, { player, keeps, video: player.video, id: player.dataset.video });
    this.account = player.dataset.account !== undefined && Boolean(meta("csrf-token"));
    this.told = this.account ? Number(player.dataset.position ?? 0) / 1000 : 0;
    const { video } = this;
    setInterval(() => !video.paused && this.keep(), this.account ? EVERY_MS : EVERY_MS / 3);
    // Whoever looks for a place pauses and seeks many times: what they find in the end is worth a word.
    for (const kind of ["pause", "seeked"]) video.addEventListener(kind, () => this.#soon());
    video.addEventListener("ended", () => this.keep(true));
    addEventListener("pagehide", () => this.keep());
    document.addEventListener("visibilitychange", () => document.hidden && this.keep());
  }

  /** Where to begin, in seconds. */
  get start() {
    return this.account ? this.told : recall(this.id);
  }

  keep(over = false) {
    const { video, player } = this;
    clearTimeout(this.timer);
    if (!player.source || !video.readyState) return;
    const at = over ? player.duration : video.currentTime;
    if (!this.account) remember(this.id, over ? 0 : at, player.duration);
    else if (this.keeps && Math.abs(at - this.told) >= WORTH_SECONDS) this.#tell(at);
  }

  #soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keep(), SETTLE_MS);
  }

  // The page may be gone before the answer is there. What did not arrive is said again with the next word.
  #tell(at) {
    const before = this.told;
    this.told = at;
    const said = { position_ms: Math.max(0, Math.round(at * 1000)) };
    api("PUT", `/me/positions/${this.id}`, said, { keepalive: true }).catch(() => (this.told = before));
  }
}
