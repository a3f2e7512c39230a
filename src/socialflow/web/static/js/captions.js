// <sf-caption-form>: sends captions as a file to the API, of any size that it takes; a form alone carries less.
import { ApiError, meta } from "./base.js";

const MOST_BYTES = 1024 * 1024;

class CaptionForm extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    const place = this.querySelector("[data-file-field]");
    if (place) place.hidden = false;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send().catch((error) => this.#fault(error.message));
    });
  }

  async #send() {
    const { elements } = this.form;
    const file = elements.file?.files[0];
    const body = file ?? new Blob([elements.text.value]);
    if (!body.size) throw new Error("Choose a file, or paste its text.");
    if (body.size > MOST_BYTES) throw new Error("Captions have a megabyte at most.");
    this.#fault("");

    const language = this.dataset.language ?? elements.language.value.trim();
    const query = new URLSearchParams({ kind: elements.kind.value });
    if (elements.label.value.trim()) query.set("label", elements.label.value.trim());
    if (elements.is_default) query.set("is_default", String(elements.is_default.checked));
    const root = `/my/videos/${this.dataset.video}/captions`;
    const answer = await fetch(`/api/v1/videos/${this.dataset.video}/captions/${encodeURIComponent(language)}?${query}`, {
      method: "PUT",
      headers: { Accept: "application/json", "Content-Type": "application/octet-stream", "X-CSRF-Token": meta("csrf-token") },
      body,
    }).catch(() => {
      throw new Error("The server cannot be reached. Nothing was changed.");
    });
    if (!answer.ok) throw this.#refused(new ApiError(answer.status, await answer.json().catch(() => null)));
    location.assign(root);
  }

  // The language is part of the address: nobody who fills in a form knows a field of a request.
  #refused(error) {
    return error.about("language") ? new Error("Say which language it is, such as en or pt-BR.") : error;
  }

  #fault(text) {
    const place = this.querySelector("[data-fault]");
    place.hidden = !text;
    place.textContent = text;
  }
}

customElements.define("sf-caption-form", CaptionForm);
