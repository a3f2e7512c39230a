// Comments: photos that are sent while one writes, and names that are found while one types an @.
import { meta } from "./base.js";
import { Upload } from "./tus.js";

const MOST_PHOTOS = 4;
const MOST_BYTES = 10_000_000;
const TYPES = ["image/png", "image/jpeg", "image/webp"];
const WAIT_MS = 150;
const TYPED = /(?:^|[^\w@#/.])@([A-Za-z0-9_]{0,30})$/;

class CommentPhotos extends HTMLElement {
  #sending = 0;

  connectedCallback() {
    this.form = this.closest("form");
    this.input = this.form.querySelector("[data-file]");
    const attach = this.form.querySelector("[data-attach]");
    if (!this.input || !attach || !meta("viewer")) return;
    this.hidden = attach.hidden = this.input.disabled = false;
    this.input.addEventListener("change", () => {
      for (const file of this.input.files) this.#take(file);
      this.input.value = "";
    });
    this.addEventListener("click", (event) => {
      if (event.target.type === "button") event.target.parentElement.remove();
      this.#number();
    });
  }

  #take(file) {
    this.#fault("");
    const list = this.querySelector("[data-photos]");
    if (!TYPES.includes(file.type)) return this.#fault("Only PNG, JPEG and WebP pictures work here.");
    if (file.size > MOST_BYTES) return this.#fault("The picture is larger than 10 MB.");
    if (list.childElementCount >= MOST_PHOTOS) return this.#fault("Four photos are the most.");
    const place = this.#place(file);
    list.append(place);
    this.#number();
    this.#busy(1);
    const upload = new Upload(file, {
      viewer: meta("viewer"),
      purpose: "comment_photo",
      tell: {
        created: () => {},
        progress: () => {},
        waiting: () => {},
        done: () => {
          place.querySelector("[type=hidden]").value = upload.id;
          this.#busy(-1);
        },
        failed: (error) => {
          place.remove();
          this.#number();
          this.#fault(error.message);
          this.#busy(-1);
        },
      },
    });
    upload.start();
  }

  #place(file) {
    const place = document.createElement("li");
    const picture = new Image();
    picture.alt = "";
    picture.width = 96;
    picture.src = URL.createObjectURL(file);
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src), { once: true });
    const hidden = Object.assign(document.createElement("input"), { type: "hidden" });
    const alt = Object.assign(document.createElement("input"), { type: "text", className: "input", maxLength: 2000 });
    alt.placeholder = "What is to be seen?";
    alt.setAttribute("aria-label", "What is to be seen on this photo?");
    const remove = Object.assign(document.createElement("button"), { type: "button", className: "text-button", textContent: "Remove" });
    place.append(picture, hidden, alt, remove);
    return place;
  }

  /** The fields are numbered as they stand; a photo is enough, so words need not be. */
  #number() {
    const places = [...this.querySelectorAll("[data-photos] > li")];
    places.forEach((place, at) => {
      place.querySelector("[type=hidden]").name = `photo_${at}`;
      place.querySelector("[type=text]").name = `alt_${at}`;
    });
    this.form.querySelector("textarea").required = places.length === 0;
  }

  #busy(by) {
    this.#sending += by;
    this.form.querySelector("[type=submit]").disabled = this.#sending > 0;
    this.querySelector("[data-say]").textContent = this.#sending ? "Uploading …" : "The photos are there.";
  }

  #fault(text) {
    const place = this.querySelector("[data-fault]");
    place.hidden = !text;
    place.textContent = text;
  }
}

/** One list of names for all text fields: a combobox whose options the server renders. */
class Names {
  #timer = 0;
  #asked = 0;

  constructor() {
    this.list = Object.assign(document.createElement("ul"), { className: "mention-list", id: "mention-list", hidden: true });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "People");
    document.body.append(this.list);
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[data-handle]");
      if (option) this.#choose(option.dataset.handle);
    });
    document.addEventListener("input", (event) => event.target.matches?.("textarea[data-mentions]") && this.#typed(event.target));
    document.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("focusout", () => this.#close());
  }

  #typed(field) {
    clearTimeout(this.#timer);
    const found = TYPED.exec(field.value.slice(0, field.selectionStart));
    if (!found) return this.#close();
    this.#timer = setTimeout(() => this.#ask(field, found[1]), WAIT_MS);
  }

  async #ask(field, prefix) {
    const number = (this.#asked += 1);
    const query = new URLSearchParams({ prefix, subject_id: field.dataset.mentions });
    try {
      const answer = await fetch(`/mentionable?${query}`, { headers: { "HX-Request": "true" } });
      if (!answer.ok || number !== this.#asked || document.activeElement !== field) return;
      this.list.innerHTML = await answer.text();
    } catch {
      return;
    }
    if (!this.list.childElementCount) return this.#close();
    this.field = field;
    this.prefix = prefix;
    const place = field.getBoundingClientRect();
    Object.assign(this.list.style, { insetInlineStart: `${place.left + scrollX}px`, insetBlockStart: `${place.bottom + scrollY}px`, inlineSize: `${Math.min(place.width, 320)}px` });
    this.list.hidden = false;
    field.setAttribute("aria-controls", "mention-list");
    field.setAttribute("aria-autocomplete", "list");
    this.#mark(0);
  }

  #mark(at) {
    const options = [...this.list.children];
    this.at = (at + options.length) % options.length;
    options.forEach((option, index) => option.setAttribute("aria-selected", String(index === this.at)));
    this.field.setAttribute("aria-activedescendant", options[this.at].id);
    options[this.at].scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    if (this.list.hidden || event.target !== this.field || event.isComposing) return;
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) this.#mark(this.at + steps[event.key]);
    else if (event.key === "Enter" || event.key === "Tab") this.#choose(this.list.children[this.at].dataset.handle);
    else if (event.key === "Escape") this.#close();
    else return;
    event.preventDefault();
  }

  #choose(handle) {
    const field = this.field;
    const end = field.selectionStart;
    field.setRangeText(`${handle} `, end - this.prefix.length, end, "end");
    this.#close();
    field.focus();
  }

  #close() {
    clearTimeout(this.#timer);
    this.#asked += 1;
    this.list.hidden = true;
    this.field?.removeAttribute("aria-activedescendant");
  }
}

if (!customElements.get("sf-comment-photos")) {
  customElements.define("sf-comment-photos", CommentPhotos);
  new Names();
}
