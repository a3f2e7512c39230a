// <sf-poster>: sends a picture of one's own, which then stands for the video.
import { api, meta } from "./base.js";
import { Upload } from "./tus.js";

const MOST_BYTES = 10_000_000;
const POLL_MS = 1000;
const PATIENCE = 30;

class Poster extends HTMLElement {
  connectedCallback() {
    this.hidden = false;
    const input = this.querySelector("input");
    input.addEventListener("change", () => input.files[0] && this.#take(input.files[0]));
  }

  #take(file) {
    this.#fault("");
    if (!["image/png", "image/jpeg", "image/webp"].includes(file.type)) return this.#fault("Only PNG, JPEG and WebP pictures work here.");
    if (file.size > MOST_BYTES) return this.#fault("The picture is larger than 10 MB.");
    this.#say("Uploading …");
    const upload = new Upload(file, {
      viewer: meta("viewer"),
      purpose: "poster",
      tell: {
        created: () => {},
        progress: () => {},
        waiting: () => {},
        done: () => this.#done(upload.id).catch((error) => this.#fault(error.message)),
        failed: (error) => this.#fault(error.message),
      },
    });
    upload.start();
  }

  async #done(id) {
    const place = `/videos/${this.dataset.video}/poster`;
    const before = await this.#own();
    await api("PUT", place, { upload_id: id });
    this.#say("This picture stands for the video in a moment.");
    // It is looked at first, and then shown among the others by the page as it is made anew.
    for (let at = 0; at < PATIENCE && this.isConnected; at += 1) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      const own = await this.#own().catch(() => before);
      if (own && own !== before) return location.assign(`/my${place}?saved=1`);
    }
  }

  /** The address of the picture of one's own, as far as it stands for the video. */
  async #own() {
    const { items } = await api("GET", `/videos/${this.dataset.video}/posters`);
    return items.find((each) => each.at_ms === null && each.is_chosen)?.url;
  }

  #fault(text) {
    const place = this.querySelector("[data-fault]");
    place.hidden = !text;
    place.textContent = text;
    if (text) this.#say("");
  }

  #say(text) {
    this.querySelector("[data-say]").textContent = text;
  }
}

customElements.define("sf-poster", Poster);
