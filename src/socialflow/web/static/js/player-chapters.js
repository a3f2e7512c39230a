// Chapters of a video: marks on the time line, the title under the pointer, the one that is playing, and the list.

export class Chapters {
  constructor(player) {
    this.player = player;
    this.rows = [];
    this.now = -1;
    this.marks = player.querySelector(".scrub-marks");
    this.button = player.querySelector('[data-act="chapters"]');
    const element = player.video.querySelector('track[kind="chapters"]');
    if (!element) return;
    this.track = element.track;
    // A hidden track is loaded and not drawn.
    this.track.mode = "hidden";
    element.addEventListener("load", () => this.#read());
    if (this.track.cues?.length) this.#read();
  }

  #read() {
    this.rows = [...this.track.cues].map((cue) => ({ start: cue.startTime, title: cue.text })).sort((a, b) => a.start - b.start);
    this.#mark();
    this.update();
    this.player.menu?.refresh();
  }

  #mark() {
    const { duration } = this.player;
    this.drawn = duration;
    const inside = this.rows.filter(({ start }) => start > 0 && start < duration);
    const marks = inside.map(({ start }) => {
      const mark = document.createElement("i");
      mark.style.setProperty("--at", String(start / duration));
      return mark;
    });
    this.marks.replaceChildren(...marks);
  }

  /** Number of the chapter at a time, -1 where there is none. */
  at(seconds) {
    return this.rows.findLastIndex(({ start }) => seconds >= start - 0.05);
  }

  /** Its title, or nothing. */
  titleAt(seconds) {
    return this.rows[this.at(seconds)]?.title ?? "";
  }

  /** Follow the video. */
  update() {
    const { player } = this;
    if (!this.rows.length) return;
    // The length is only exact once the video is open.
    if (this.drawn !== player.duration) this.#mark();
    const now = this.at(player.video.currentTime);
    if (now === this.now) return;
    this.now = now;
    const title = this.rows[now]?.title ?? "";
    this.button.hidden = !title;
    this.button.querySelector("bdi").textContent = title;
    player.dispatchEvent(new CustomEvent("sf:chapter", { bubbles: true, detail: { number: now } }));
  }

  /** Go to the next chapter, or back to the beginning of this one or the one before. */
  step(by) {
    const { currentTime } = this.player.video;
    const here = this.at(currentTime);
    const back = by < 0 && currentTime - (this.rows[here]?.start ?? 0) > 3 ? here : here + by;
    if (this.rows[back]) this.player.seek(this.rows[back].start);
  }
}
