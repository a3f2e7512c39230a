// How large the picture is: full screen, picture in picture, theatre.
import { toast } from "./base.js";

const page = () => document.querySelector(".watch");

export class View {
  constructor(player) {
    this.player = player;
    this.pip = player.querySelector('[data-act="pip"]');
    this.theatre = player.querySelector('[data-act="theatre"]');
    this.pip.hidden = !(document.pictureInPictureEnabled && player.video.requestPictureInPicture);
    this.theatre.hidden = !page();
    for (const kind of ["enterpictureinpicture", "leavepictureinpicture"]) {
      player.video.addEventListener(kind, () => this.pip.setAttribute("aria-pressed", String(Boolean(document.pictureInPictureElement))));
    }
    this.#widen(player.prefs.get("theatre"));
  }

  get isFull() {
    return document.fullscreenElement === this.player;
  }

  async togglePip() {
    if (this.pip.hidden) return;
    try {
      if (document.pictureInPictureElement) await document.exitPictureInPicture();
      else await this.player.video.requestPictureInPicture();
    } catch {
      toast("Picture in picture is not possible just now.");
    }
  }

  async toggleFullscreen() {
    const { player } = this;
    if (document.fullscreenElement) await document.exitFullscreen();
    else if (player.requestFullscreen) await player.requestFullscreen().catch(() => {});
    else player.video.webkitEnterFullscreen?.();
  }

  /** While playlists are read anew the last picture stays in front of the empty video. */
  freeze(on) {
    const { video } = this.player;
    const canvas = this.player.querySelector(".player-freeze");
    if (on && video.videoWidth) {
      Object.assign(canvas, { width: video.videoWidth, height: video.videoHeight });
      canvas.getContext("2d").drawImage(video, 0, 0);
    }
    canvas.hidden = !(on && video.videoWidth);
  }

  toggleTheatre() {
    if (this.theatre.hidden) return;
    const wide = !page().classList.contains("theatre");
    this.#widen(wide);
    this.player.prefs.set("theatre", wide);
    this.player.say(wide ? "Theatre mode" : "Theatre mode off");
  }

  #widen(wide) {
    page()?.classList.toggle("theatre", wide);
    this.theatre.setAttribute("aria-pressed", String(wide));
  }
}
