// <sf-import> tells how far a file from a link is; <sf-replace> sends another file for a video.
import { api, bytes, meta } from "./base.js";
import { Upload } from "./tus.js";

class Import extends HTMLElement {
  connectedCallback() {
    if (this.dataset.state !== "receiving") return;
    const topic = `upload:${this.dataset.upload}`;
    this.source = new EventSource(`/api/v1/events?topics=${encodeURIComponent(topic)}`);
    this.source.addEventListener("upload.progress", (event) => this.#heard(JSON.parse(event.data).data));
    this.source.addEventListener("topic.gone", () => this.source.close());
  }

  disconnectedCallback() {
    this.source?.close();
  }

  #heard(upload) {
    // What follows is told by the page as it is made anew: a failure with its button, a file with its picture.
    if (upload.state !== "receiving") {
      this.source.close();
      location.reload();
      return;
    }
    const whole = upload.length === null ? "" : ` of ${bytes(upload.length)}`;
    this.querySelector("[data-say]").textContent = `Being fetched: ${bytes(upload.offset)}${whole}`;
  }
}

class Replace extends HTMLElement {
  connectedCallback() {
    const input = this.querySelector("[data-file]");
    input.addEventListener("change", () => input.files[0] && this.#take(input.files[0]));
  }

  #take(file) {
    this.#fault("");
    const bar = this.querySelector("[data-bar]");
    bar.hidden = false;
    const upload = new Upload(file, {
      viewer: meta("viewer"),
      tell: {
        created: (id) => this.#created(id),
        progress: () => (bar.value = Math.floor((upload.offset / file.size) * 100)),
        waiting: () => {},
        done: () => this.#done(),
        failed: (error) => this.#fault(error.message),
      },
    });
    upload.start();
  }

  // The upload takes its place at once: a page that is closed now has the file go on as any other.
  async #created(id) {
    if (this.said === id) return;
    this.said = id;
    try {
      await api("PUT", `/videos/${this.dataset.video}/source`, { upload_id: id });
    } catch (error) {
      this.said = null;
      this.#fault(error.message);
    }
  }

  #done() {
    this.querySelector("[data-bar]").hidden = true;
    if (this.said) this.querySelector("[data-say]").textContent = "The new file is here and is being prepared.";
  }

  #fault(text) {
    const place = this.querySelector("[data-fault]");
    place.hidden = !text;
    place.textContent = text;
  }
}

customElements.define("sf-import", Import);
customElements.define("sf-replace", Replace);
