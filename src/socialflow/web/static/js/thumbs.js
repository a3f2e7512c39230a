// Pictures that are still loading show their thumbhash; videos that were begun show how far.
import { thumbHashToDataURL } from "../vendor/thumbhash.js";
import { watched } from "./memory.js";

function paint(element) {
  try {
    const hash = Uint8Array.from(atob(element.dataset.thumbhash), (letter) => letter.charCodeAt(0));
    element.style.backgroundImage = `url(${thumbHashToDataURL(hash)})`;
    element.style.backgroundSize = "cover";
  } catch {
    // A hash that cannot be read is a missing decoration, nothing more.
  }
}

function resume(element) {
  const share = watched(element.dataset.video);
  if (!share) return;
  const bar = document.createElement("span");
  bar.className = "thumb-resume";
  bar.append(document.createElement("span"));
  bar.firstChild.style.inlineSize = `${share * 100}%`;
  element.append(bar);
}

/** Decorate what is new on the page. */
export function decorate(root = document) {
  for (const picture of root.querySelectorAll(".thumb img:not([data-watched])")) {
    picture.dataset.watched = "";
    // A picture that is gone leaves its placeholder, not a broken frame.
    if (picture.complete && !picture.naturalWidth) picture.remove();
    else picture.addEventListener("error", () => picture.remove(), { once: true });
  }
  for (const element of root.querySelectorAll("[data-thumbhash]:not([data-painted])")) {
    element.dataset.painted = "";
    paint(element);
    if (element.classList.contains("thumb")) resume(element);
  }
}
