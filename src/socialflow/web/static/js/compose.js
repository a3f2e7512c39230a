// The composer: photos that are sent while one writes, and a time in one's own zone.
import { meta } from "./base.js";
import { laters } from "./times.js";
import { Upload } from "./tus.js";

const MOST_BYTES = 10_000_000;
const TYPES = ["image/png", "image/jpeg", "image/webp"];

class Photos extends HTMLElement {
  #sending = 0;

  connectedCallback() {
    this.hidden = false;
    this.places = [...this.closest("form").querySelectorAll("[data-photo]")];
    const input = this.querySelector("[data-file]");
    input.addEventListener("change", () => {
      for (const file of input.files) this.#take(file);
      input.value = "";
    });
    for (const place of this.places) {
      place.querySelector("[data-remove]").addEventListener("click", () => this.#drop(place));
    }
  }

  #take(file) {
    this.#fault("");
    if (!TYPES.includes(file.type)) return this.#fault("Only PNG, JPEG and WebP pictures work here.");
    if (file.size > MOST_BYTES) return this.#fault("The picture is larger than 10 MB.");
    const place = this.places.find((each) => each.hidden);
    if (!place) return this.#fault("Ten photos are the most.");
    place.hidden = false;
    this.#preview(place, file);
    this.#busy(1);
    const upload = new Upload(file, {
      viewer: meta("viewer"),
      purpose: "photo",
      tell: {
        created: () => {},
        progress: () => {},
        waiting: () => {},
        done: () => {
          place.querySelector("[type=hidden]").value = upload.id;
          this.#busy(-1);
        },
        failed: (error) => {
          this.#drop(place);
          this.#fault(error.message);
          this.#busy(-1);
        },
      },
    });
    upload.start();
  }

  #preview(place, file) {
    const picture = new Image();
    picture.alt = "";
    picture.width = 120;
    picture.src = URL.createObjectURL(file);
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src), { once: true });
    place.querySelector("[data-picture]").replaceChildren(picture);
  }

  #drop(place) {
    place.querySelector("[type=hidden]").value = "";
    place.querySelector("textarea").value = "";
    place.querySelector("[data-picture]").replaceChildren();
    place.hidden = true;
  }

  #busy(by) {
    this.#sending += by;
    for (const button of this.closest("form").querySelectorAll("[type=submit]")) button.disabled = this.#sending > 0;
    this.querySelector("[data-say]").textContent = this.#sending ? "Uploading …" : "The photos are there.";
  }

  #fault(text) {
    const place = this.querySelector("[data-fault]");
    place.hidden = !text;
    place.textContent = text;
  }
}

customElements.define("sf-photos", Photos);
laters();

// "Schedule" is there once a time is chosen, and "Publish" is what one presses without one.
const form = document.querySelector("[data-composer]");
const time = form.querySelector("[type=datetime-local]");
if (time) {
  const show = () => {
    form.querySelector("[data-schedule]").hidden = !time.value;
    form.querySelector("[value=publish]").hidden = Boolean(time.value);
  };
  time.addEventListener("input", show);
  show();
}
