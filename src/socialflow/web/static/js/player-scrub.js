// The time line: played and buffered parts, dragging, and a small picture of what is under the pointer.
import { clock, spoken } from "./base.js";
import { parseStoryboard } from "./storyboard.js";

const STEP = 5;

export class Scrub {
  constructor(player) {
    this.player = player;
    this.video = player.video;
    this.root = player.querySelector(".scrub");
    this.input = player.querySelector(".scrub-input");
    this.preview = player.querySelector(".scrub-preview");
    this.dragging = false;
    this.input.addEventListener("input", () => {
      this.dragging = true;
      this.#paint(Number(this.input.value));
      this.#peek(Number(this.input.value));
    });
    this.input.addEventListener("change", () => this.#drop());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.root.addEventListener("pointermove", (event) => this.#hover(event));
    this.root.addEventListener("pointerleave", () => this.#hide());
  }

  /** Follow the video. */
  update() {
    const { video, player } = this;
    const total = player.duration;
    this.input.max = String(total || 1);
    this.input.step = "0.1";
    if (!this.dragging) {
      this.input.value = String(video.currentTime);
      this.#paint(video.currentTime);
    }
    let buffered = 0;
    for (let at = 0; at < video.buffered.length; at += 1) {
      if (video.buffered.start(at) <= video.currentTime + 0.5) buffered = Math.max(buffered, video.buffered.end(at));
    }
    this.root.style.setProperty("--buffered", String(total ? buffered / total : 0));
  }

  #paint(seconds) {
    const total = this.player.duration;
    this.root.style.setProperty("--played", String(total ? seconds / total : 0));
    const chapter = this.player.chapters.titleAt(seconds);
    this.input.setAttribute("aria-valuetext", `${spoken(seconds)} of ${spoken(total)}${chapter && `, ${chapter}`}`);
  }

  #drop() {
    this.dragging = false;
    this.#hide();
    this.player.seek(Number(this.input.value));
  }

  #key(event) {
    const { player } = this;
    const now = player.video.currentTime;
    const to = {
      ArrowLeft: now - STEP,
      ArrowDown: now - STEP,
      ArrowRight: now + STEP,
      ArrowUp: now + STEP,
      PageDown: now - player.duration / 10,
      PageUp: now + player.duration / 10,
      Home: 0,
      End: player.duration,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    player.seek(to);
  }

  #hover(event) {
    const box = this.root.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    this.root.style.setProperty("--hover", String(share));
    this.#peek(share * this.player.duration);
  }

  /** What a finger that is dragged over the picture would come to. */
  aim(seconds) {
    this.dragging = true;
    this.#paint(seconds);
    this.#peek(seconds);
  }

  /** The finger is lifted, or was taken for something else. */
  release() {
    this.dragging = false;
    this.#hide();
    this.update();
  }

  #hide() {
    this.preview.hidden = true;
    this.root.style.setProperty("--hover", "0");
  }

  async #peek(seconds) {
    const total = this.player.duration;
    if (!total) return;
    this.preview.hidden = false;
    this.preview.lastElementChild.textContent = clock(seconds);
    const title = this.preview.querySelector(".scrub-title");
    title.textContent = this.player.chapters.titleAt(seconds);
    title.hidden = !title.textContent;
    const picture = this.preview.firstElementChild;
    const rows = await this.#storyboard();
    const row = rows.find(({ start, end }) => seconds >= start && seconds < end) ?? rows.at(-1);
    picture.hidden = !row;
    if (row) {
      Object.assign(picture.style, {
        inlineSize: `${row.w}px`,
        blockSize: `${row.h}px`,
        backgroundImage: `url("${row.src}")`,
        backgroundPosition: `-${row.x}px -${row.y}px`,
      });
    }
    const box = this.root.getBoundingClientRect();
    const half = this.preview.offsetWidth / 2;
    const at = Math.min(box.width - half, Math.max(half, (seconds / total) * box.width));
    this.preview.style.left = `${at}px`;
  }

  /** There is another storyboard now. */
  forget() {
    this.rows = null;
  }

  #storyboard() {
    const address = this.player.dataset.storyboard;
    this.rows ??= address
      ? fetch(address)
          .then((answer) => (answer.ok ? answer.text() : ""))
          .then((text) => parseStoryboard(text, new URL(address, location.href)))
          .catch(() => [])
      : Promise.resolve([]);
    return this.rows;
  }
}
