// On every page: theme, messages, confirmations, placeholders, and small conveniences.
import { confirmed, store, toast } from "./base.js";
import { previews } from "./previews.js";
import { saving } from "./save.js";
import { decorate } from "./thumbs.js";
import { laters, localTimes } from "./times.js";

const LOOK_MS = 3000;

/** The theme switch in the menu. */
function themes() {
  for (const choice of document.querySelectorAll("[data-theme-choice]")) {
    choice.hidden = false;
    const chosen = document.documentElement.dataset.theme ?? "auto";
    for (const input of choice.querySelectorAll("input")) {
      input.checked = input.value === chosen;
      input.addEventListener("change", () => {
        if (input.value === "auto") delete document.documentElement.dataset.theme;
        else document.documentElement.dataset.theme = input.value;
        try {
          localStorage.setItem("sf:theme", input.value);
        } catch {
          // The choice then lasts for this page.
        }
      });
    }
  }
}

/** htmx asks before it does something that cannot be undone; plain forms are asked here, too. */
function confirmations() {
  document.addEventListener("htmx:confirm", (event) => {
    const question = event.detail.ctx.confirm;
    if (!question) return;
    event.preventDefault();
    confirmed(question, event.detail.ctx.sourceElement?.dataset.confirmVerb).then((yes) => (yes ? event.detail.issueRequest() : event.detail.dropRequest()));
  });
}

/** Messages that the server sends with an answer, and failures of the network. */
function messages() {
  document.addEventListener("toast", (event) => toast(event.detail.message, event.detail.tone));
  document.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx) toast("The server cannot be reached. Nothing was changed.", "error");
  });
}

/** Suggestions come after the page. */
function suggestions() {
  const form = document.querySelector("[data-search]");
  if (form) addEventListener("load", () => import("./search.js").then(({ search }) => search(form)).catch(() => {}));
}

/** Buttons that show a password. */
function reveals() {
  for (const button of document.querySelectorAll("[data-reveal]")) {
    const input = document.getElementById(button.dataset.reveal);
    button.hidden = false;
    button.addEventListener("click", () => {
      const show = input.type === "password";
      input.type = show ? "text" : "password";
      button.setAttribute("aria-pressed", String(show));
      button.setAttribute("aria-label", show ? "Hide password" : "Show password");
    });
  }
}

/** Long texts are cut to a few lines until asked for. */
function clamps() {
  for (const text of document.querySelectorAll("[data-clamp]")) {
    text.classList.add("clamped");
    if (text.scrollHeight <= text.clientHeight + 4) {
      text.classList.remove("clamped");
      continue;
    }
    const button = document.createElement("button");
    button.type = "button";
    button.className = "text-button";
    button.textContent = "Show more";
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", () => {
      const open = !text.classList.toggle("clamped");
      button.textContent = open ? "Show less" : "Show more";
      button.setAttribute("aria-expanded", String(open));
    });
    text.after(button);
  }
}

/** The offline page asks every few seconds whether the server is back, and then shows what was wanted. */
function offline() {
  const link = document.querySelector("[data-reload]");
  if (!link) return;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    location.reload();
  });
  const look = () => fetch("/livez", { cache: "no-store" }).then(() => location.reload(), () => setTimeout(look, LOOK_MS));
  window.addEventListener("online", look);
  setTimeout(look, LOOK_MS);
}

/** On a phone the sections are a strip wider than the window: show the one where one is. */
function strips() {
  const current = document.querySelector(".sections-nav [aria-current]");
  if (!current) return;
  const strip = current.closest("ul");
  const [here, seen] = [current.getBoundingClientRect(), strip.getBoundingClientRect()];
  strip.scrollBy({ left: here.left + here.width / 2 - seen.left - seen.width / 2, behavior: "instant" });
}

function start() {
  themes();
  confirmations();
  messages();
  reveals();
  clamps();
  strips();
  offline();
  saving();
  decorate();
  previews();
  suggestions();
  localTimes();
  laters();
  document.addEventListener("htmx:after:swap", () => {
    decorate();
    localTimes();
  });
  if ("serviceWorker" in navigator && window.isSecureContext) {
    window.addEventListener("load", () => navigator.serviceWorker.register("/sw.js").catch(() => {}));
  }
  const notice = store.get("sf:notice");
  if (notice) {
    store.remove("sf:notice");
    toast(notice);
  }
}

start();
