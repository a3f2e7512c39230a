// What follows at the end: a countdown that can be seen and called off, then what follows on the
// list that is being played, or the first video of "Up next".

const SECONDS = 8;
const FLAG = "sf:follows";

/** Whether this page was come to because the video before it was over. */
export function follows() {
  try {
    const flagged = sessionStorage.getItem(FLAG) === location.pathname;
    sessionStorage.removeItem(FLAG);
    return flagged;
  } catch {
    return false;
  }
}

export class Next {
  constructor(player) {
    this.player = player;
    this.place = player.querySelector(".player-next");
    const { video } = player;
    video.addEventListener("ended", () => player.prefs.get("autoplay_next") && this.begin());
    for (const kind of ["play", "seeking"]) video.addEventListener(kind, () => this.cancel());
    player.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.isCounting) return;
      event.preventDefault();
      this.cancel();
      player.say("Cancelled");
    });
  }

  /** The link to what follows; in a frame of somebody else's page there is none. */
  get link() {
    // Who plays a list hears what is on it, and no more when it is over.
    if (document.querySelector(".queue")) return document.querySelector(".queue [data-next]");
    return document.querySelector(".up-next .mini-title a");
  }

  get isCounting() {
    return !this.place.hidden;
  }

  begin() {
    const { link, place } = this;
    if (!link || this.player.video.loop) return;
    this.left = SECONDS;
    place.querySelector("[data-next-title]").textContent = link.querySelector("bdi")?.textContent ?? link.textContent;
    place.hidden = false;
    this.#show();
    this.player.say(`Up next in ${SECONDS} seconds: ${link.textContent}`);
    clearInterval(this.timer);
    this.timer = setInterval(() => this.#tick(), 1000);
  }

  // Nobody is taken away from a page that they are not looking at.
  #tick() {
    if (document.hidden) return;
    this.left -= 1;
    if (this.left > 0) this.#show();
    else this.go();
  }

  #show() {
    this.place.querySelector("[data-next-count]").textContent = String(this.left);
    this.place.style.setProperty("--left", String(this.left / SECONDS));
  }

  cancel() {
    clearInterval(this.timer);
    if (!this.isCounting) return;
    const focused = this.place.contains(document.activeElement);
    this.place.hidden = true;
    if (focused) this.player.querySelector('[data-act="play"].pb').focus();
  }

  go() {
    const { link } = this;
    this.cancel();
    if (!link) return;
    try {
      sessionStorage.setItem(FLAG, new URL(link.href).pathname);
    } catch {
      // Then it waits for a press.
    }
    location.assign(link.href);
  }
}
