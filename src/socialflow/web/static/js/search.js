// The search box of the header: an editable combobox with a list, by the pattern of the ARIA Authoring Practices.
// Focus stays in the box; `aria-activedescendant` says which suggestion the keys have reached.
import { api } from "./base.js";

const WAIT_MS = 150;

/** Suggestions as options: what they say, what stands below it, and where they lead. */
function options(found) {
  const people = found.people.map(({ channel, following }) => ({
    href: `/@${channel.handle}`,
    title: channel.display_name,
    about: `@${channel.handle}${following ? " · following" : ""}`,
    picture: channel.avatar_url,
    sign: "@",
  }));
  const tags = found.tags.map((tag) => ({
    href: `/tags/${encodeURIComponent(tag.tag)}`,
    title: `#${tag.shown}`,
    about: `${tag.post_count} ${tag.post_count === 1 ? "post" : "posts"}`,
    picture: null,
    sign: "#",
  }));
  return [...people, ...tags];
}

/** One option. Nothing that a person wrote becomes markup. */
function element(option, number) {
  const item = document.createElement("li");
  item.id = `search-option-${number}`;
  item.className = "search-option";
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  item.dataset.href = option.href;
  const face = document.createElement(option.picture ? "img" : "span");
  face.className = option.picture ? "avatar avatar-small" : "avatar avatar-letter avatar-small";
  if (option.picture) Object.assign(face, { src: option.picture, alt: "", width: 32, height: 32 });
  else {
    face.textContent = option.sign;
    face.setAttribute("aria-hidden", "true");
  }
  const words = document.createElement("span");
  const title = document.createElement("strong");
  title.dir = "auto";
  title.textContent = option.title;
  const about = document.createElement("small");
  about.textContent = option.about;
  words.append(title, about);
  item.append(face, words);
  return item;
}

class Search {
  constructor(form) {
    this.form = form;
    this.box = form.querySelector("input");
    this.list = form.querySelector("[role=listbox]");
    this.said = form.querySelector("[data-search-said]");
    this.at = -1;
    this.asked = null;
    const roles = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id };
    for (const [name, value] of Object.entries(roles)) this.box.setAttribute(name, value);
    this.box.addEventListener("input", () => this.later());
    this.box.addEventListener("focus", () => this.box.value && this.later());
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("blur", () => this.close());
    // Before the box loses its focus, and the list goes with it.
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.go(event.target.closest("[role=option]")));
  }

  get items() {
    return [...this.list.children];
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), WAIT_MS);
  }

  async ask() {
    this.asked?.abort();
    const text = this.box.value.trim();
    if (!text) {
      this.close();
      return;
    }
    const asked = new AbortController();
    this.asked = asked;
    let found;
    try {
      found = await api("GET", `/search/suggest?q=${encodeURIComponent(text)}`, undefined, { signal: asked.signal });
    } catch {
      // Suggestions are a convenience: without them the form still searches.
      if (this.asked === asked) this.close();
      return;
    }
    if (this.asked === asked && document.activeElement === this.box) this.show(options(found));
  }

  show(found) {
    this.list.replaceChildren(...found.map(element));
    this.reach(-1);
    this.list.hidden = found.length === 0;
    this.box.setAttribute("aria-expanded", String(found.length > 0));
    this.said.textContent = found.length ? `${found.length} ${found.length === 1 ? "suggestion" : "suggestions"}` : "No suggestions";
  }

  close() {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.asked = null;
    this.list.hidden = true;
    this.box.setAttribute("aria-expanded", "false");
    this.said.textContent = "";
    this.reach(-1);
  }

  reach(at) {
    this.items[this.at]?.setAttribute("aria-selected", "false");
    this.at = at;
    const item = this.items[at];
    if (!item) {
      this.box.removeAttribute("aria-activedescendant");
      return;
    }
    item.setAttribute("aria-selected", "true");
    item.scrollIntoView({ block: "nearest" });
    this.box.setAttribute("aria-activedescendant", item.id);
  }

  key(event) {
    const { length } = this.items;
    // A key that ends a composition (IME) is not meant for the list.
    if (event.isComposing) return;
    if (event.key === "Escape") {
      if (this.list.hidden) this.box.value = "";
      this.close();
      event.preventDefault();
    } else if (event.key === "Enter" && !this.list.hidden && this.at >= 0) {
      event.preventDefault();
      this.go(this.items[this.at]);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (this.list.hidden) {
        this.ask();
        return;
      }
      const step = event.key === "ArrowDown" ? 1 : -1;
      // Beyond either end one is back in the box, with nothing chosen.
      this.reach(((this.at + 1 + step + length + 1) % (length + 1)) - 1);
    }
  }

  go(item) {
    if (item) location.assign(item.dataset.href);
  }
}

/** Give the header's form its suggestions. */
export function search(form) {
  const box = new Search(form);
  // Whoever was faster than this file has written something already.
  if (box.box.value && document.activeElement === box.box) box.ask();
}
