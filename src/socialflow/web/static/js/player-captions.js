// Captions in a box of our own, so that they stand above the controls instead of below them.
import { store } from "./base.js";

const KEY = "sf:captions";

export class Captions {
  constructor(player) {
    this.player = player;
    this.video = player.video;
    this.box = player.querySelector(".player-captions");
    this.button = player.querySelector('[data-act="captions"]');
    this.shown = null;
    this.video.textTracks.addEventListener?.("addtrack", () => this.#look());
    this.#look();
  }

  /** Every track that can be shown: the page's own, and a browser's that plays HLS by itself where there are none. */
  get tracks() {
    const own = [...this.video.querySelectorAll("track")].map((element) => element.track);
    const all = own.length ? own : [...this.video.textTracks];
    return all.filter((track) => track.kind === "captions" || track.kind === "subtitles");
  }

  /** The track that its owner would like to be shown. */
  get preset() {
    return this.video.querySelector("track[data-default]")?.track ?? null;
  }

  get label() {
    return this.shown ? this.shown.label || this.shown.language : "Off";
  }

  // Tracks may come late; the language that was last chosen is shown by itself.
  #look() {
    const { tracks } = this;
    this.button.disabled = !tracks.length;
    const liked = store.get(KEY);
    if (this.shown) return;
    // Whoever has turned captions off has chosen, too.
    if (liked) this.show(tracks.find((track) => track.language === liked) ?? null, false);
    else if (liked === null && this.preset) this.show(this.preset, false);
  }

  /** Show one track, or none. */
  show(track, said = true) {
    if (this.shown) {
      this.shown.oncuechange = null;
      this.shown.mode = "disabled";
    }
    this.shown = track;
    this.box.replaceChildren();
    this.button.setAttribute("aria-pressed", String(Boolean(track)));
    if (track) {
      // Hidden tracks are loaded and tell of their cues; drawing them is ours.
      track.mode = "hidden";
      track.oncuechange = () => this.#draw();
      this.#draw();
    }
    if (!said) return;
    store.set(KEY, track ? track.language : "");
    this.player.say(track ? `Captions ${this.label}` : "Captions off");
  }

  toggle() {
    const { tracks } = this;
    if (!tracks.length) return;
    const liked = tracks.find((track) => track.language === store.get(KEY));
    this.show(this.shown ? null : (liked ?? tracks[0]));
  }

  #draw() {
    const lines = [...(this.shown?.activeCues ?? [])].map((cue) => {
      const line = document.createElement("p");
      line.dir = "auto";
      line.append(cue.getCueAsHTML());
      return line;
    });
    this.box.replaceChildren(...lines);
  }
}
