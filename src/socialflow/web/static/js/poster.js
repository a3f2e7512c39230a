// <sf-poster>: sends a picture of one's own, which then stands for the video.
import { api, meta } from "./base.js";
import { Upload } from "./tus.js";

const MOST_BYTES = 10_000_000;

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
    await api("PUT", `/videos/${this.dataset.video}/poster`, { upload_id: id });
    this.#say("This picture stands for the video in a moment.");
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
