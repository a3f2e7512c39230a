// "Save to…": the form of its own page in a dialog of this one. Without scripts the link leads to that page.
import { toast } from "./base.js";

const STYLE = "shelves.css";

function dialog() {
  const found = document.getElementById("save-dialog");
  if (found) return found;
  const made = document.createElement("dialog");
  made.id = "save-dialog";
  made.className = "dialog";
  made.setAttribute("aria-labelledby", "save-dialog-title");
  const title = document.createElement("h2");
  title.id = "save-dialog-title";
  title.textContent = "Save to…";
  const place = document.createElement("div");
  place.dataset.place = "";
  made.append(title, place);
  document.body.append(made);
  made.addEventListener("click", (event) => {
    if (event.target === made || event.target.closest("[data-save-close]")) {
      event.preventDefault();
      made.close();
    }
  });
  made.addEventListener("submit", send);
  return made;
}

/** The dialog looks as the page does; a page that shows no lists has not loaded how they look. */
function styled() {
  if ([...document.styleSheets].some((sheet) => sheet.href?.includes(STYLE))) return;
  const address = document.querySelector("meta[name=shelves-style]")?.content;
  if (!address) return;
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = address;
  document.head.append(link);
}

async function send(event) {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("[type=submit]");
  if (button.disabled) return;
  button.disabled = true;
  try {
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
    const login = answer.headers.get("HX-Redirect");
    if (login?.startsWith("/login")) location.assign(login);
    else if (answer.ok) {
      form.closest("dialog").close();
      toast("Saved");
    } else fill(form.closest("dialog"), await answer.text());
  } catch {
    toast("The server cannot be reached. Nothing was changed.", "error");
  } finally {
    button.disabled = false;
  }
}

// The answer is a part of our own pages, and comes from our own server.
function fill(made, part) {
  const read = new DOMParser().parseFromString(part, "text/html");
  made.querySelector("[data-place]").replaceChildren(...read.body.childNodes);
  (made.querySelector("[aria-invalid], [role=alert]") ?? made.querySelector("input[type=checkbox]"))?.focus();
}

async function open(link) {
  try {
    const answer = await fetch(link.href, { headers: { "HX-Request": "true" } });
    if (!answer.ok || !answer.headers.get("Content-Type")?.startsWith("text/html")) return location.assign(link.href);
    const part = await answer.text();
    const made = dialog();
    styled();
    made.showModal();
    fill(made, part);
  } catch {
    toast("The server cannot be reached.", "error");
  }
}

export function saving() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-save]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    open(link);
  });
}
