// Captions in a box of our own, so that they stand above the controls instead of below them.
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

  // Older pages have remembered "off" as nothing.
  get liked() {
    return this.player.prefs.get("captions") || "off";
  }

  /** A track of the language, or of one that is spoken by the same people. */
  #of(language) {
    const whole = this.tracks.find((track) => track.language === language);
    return whole ?? this.tracks.find((track) => track.language.split("-")[0] === language.split("-")[0]) ?? null;
  }

  /** The first track in a language that the browser says its owner reads. */
  #readable() {
    return (navigator.languages ?? []).map((language) => this.#of(language)).find(Boolean);
  }

  get label() {
    return this.shown ? this.shown.label || this.shown.language : "Off";
  }

  // Tracks may come late; the language that was last chosen is shown by itself.
  #look() {
    const { tracks } = this;
    this.button.disabled = !tracks.length;
    const { liked } = this;
    if (this.shown) return;
    if (liked === "default") this.show(this.preset, false);
    // Whoever has turned captions off has chosen, too.
    else if (liked !== "off") this.show(this.#of(liked), false);
  }

  /** Show one track, or none. */
  show(track, said = true) {
    if (this.shown) {
      this.shown.oncuechange = null;
      this.shown.mode = "disabled";
    }
    this.shown = track;
    if (track) this.last = track.language;
    this.box.replaceChildren();
    this.button.setAttribute("aria-pressed", String(Boolean(track)));
    if (track) {
      // Hidden tracks are loaded and tell of their cues; drawing them is ours.
      track.mode = "hidden";
      track.oncuechange = () => this.#draw();
      this.#draw();
    }
    if (!said) return;
    this.player.prefs.set("captions", track ? track.language : "off");
    this.player.say(track ? `Captions ${this.label}` : "Captions off");
  }

  toggle() {
    const { tracks } = this;
    if (!tracks.length) return;
    this.show(this.shown ? null : (this.#of(this.last ?? this.liked) ?? this.preset ?? this.#readable() ?? tracks[0]));
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
