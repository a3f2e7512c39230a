// <sf-mark> and <sf-sound>: send a picture, or a sound, and have it laid over the video, or heard instead.
import { api, meta } from "./base.js";
import { Upload } from "./tus.js";

const POLL_MS = 500;
const PATIENCE_MS = 120_000;
const DONE = new Set(["ready", "failed", "expired"]);

class Material extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("[data-file]");
    this.button = this.querySelector("[data-go]");
    this.input.addEventListener("change", () => {
      this.fault("");
      this.button.disabled = !this.input.files[0];
    });
    this.button.addEventListener("click", () => this.#send(this.input.files[0]));
  }

  #send(file) {
    this.fault("");
    this.button.disabled = true;
    this.say("Uploading …");
    const upload = new Upload(file, {
      viewer: meta("viewer"),
      purpose: this.purpose,
      tell: {
        created: () => {},
        progress: () => {},
        waiting: () => {},
        done: () => this.#ask(upload.id).catch((error) => this.fault(error.message)),
        failed: (error) => this.fault(error.message),
      },
    });
    upload.start();
  }

  async #ask(id) {
    this.say("Being looked at …");
    const found = await this.#looked(id);
    if (found.state !== "ready") {
      this.fault(found.failure_detail ?? "This file cannot be used.");
      return;
    }
    await api("POST", `/videos/${this.dataset.video}/edits`, { operations: [this.operation(id)] });
    location.reload();
  }

  async #looked(id) {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      const upload = await api("GET", `/uploads/${id}`);
      if (DONE.has(upload.state) || Date.now() > until) return upload;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  fault(text) {
    const place = this.querySelector("[data-fault]");
    place.hidden = !text;
    place.textContent = text;
    if (!text) return;
    this.say("");
    this.button.disabled = false;
  }

  say(text) {
    this.querySelector("[data-say]").textContent = text;
  }
}

class Mark extends Material {
  purpose = "watermark";

  connectedCallback() {
    super.connectedCallback();
    for (const range of this.querySelectorAll('input[type="range"]')) {
      const told = this.querySelector(`output[for="${range.id}"]`);
      const say = () => {
        told.value = `${range.value} %`;
        range.setAttribute("aria-valuetext", told.value);
      };
      range.addEventListener("input", say);
      say();
    }
  }

  operation(id) {
    const value = (name) => this.querySelector(`[data-${name}]`).value;
    return { kind: "watermark", upload_id: id, position: value("place"), opacity: Number(value("opacity")) / 100, size: Number(value("size")) / 100 };
  }
}

class Sound extends Material {
  purpose = "sound";

  operation(id) {
    return { kind: "replace_audio", upload_id: id };
  }
}

customElements.define("sf-mark", Mark);
customElements.define("sf-sound", Sound);
