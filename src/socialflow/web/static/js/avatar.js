// <sf-avatar>: choose a picture of a channel, see it at once, send it; the form keeps the upload's id until it is saved.
import { meta } from "./base.js";
import { Upload } from "./tus.js";

const MOST_BYTES = 10_000_000;

class Avatar extends HTMLElement {
  connectedCallback() {
    const input = this.querySelector("[data-file]");
    input.addEventListener("change", () => input.files[0] && this.#take(input.files[0]));
  }

  #take(file) {
    this.#fault("");
    if (!["image/png", "image/jpeg", "image/webp"].includes(file.type)) return this.#fault("Only PNG, JPEG and WebP pictures work here.");
    if (file.size > MOST_BYTES) return this.#fault("The picture is larger than 10 MB.");
    this.#preview(file);
    this.#say("Uploading …");
    this.closest("form").querySelector("[type=submit]").disabled = true;
    const upload = new Upload(file, {
      viewer: meta("viewer"),
      purpose: this.dataset.purpose || "avatar",
      tell: {
        created: () => {},
        progress: () => {},
        waiting: () => {},
        done: () => this.#done(upload.id),
        failed: (error) => this.#fault(error.message),
      },
    });
    upload.start();
  }

  #preview(file) {
    const picture = new Image();
    picture.className = this.dataset.purpose === "banner" ? "banner-preview" : "avatar avatar-huge";
    picture.alt = "New picture";
    picture.src = URL.createObjectURL(file);
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src), { once: true });
    picture.addEventListener("error", () => this.#fault("This picture cannot be read."), { once: true });
    this.querySelector("[data-preview]").replaceChildren(picture);
  }

  #done(id) {
    const form = this.closest("form");
    form.elements[this.dataset.field || "avatar_upload_id"].value = id;
    form.querySelector("[type=submit]").disabled = false;
    this.#say("The picture is ready. Save to use it.");
  }

  #fault(text) {
    const place = this.querySelector("[data-fault]");
    place.hidden = !text;
    place.textContent = text;
    if (text) this.closest("form").querySelector("[type=submit]").disabled = false;
  }

  #say(text) {
    this.querySelector("[data-say]").textContent = text;
  }
}

customElements.define("sf-avatar", Avatar);
