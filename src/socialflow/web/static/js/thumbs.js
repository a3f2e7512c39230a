// Pictures that are still loading show their thumbhash; videos that were begun show how far.
import { thumbHashToDataURL } from "../vendor/thumbhash.js";
import { api, meta } from "./base.js";
import { watched } from "./memory.js";

const MOST_ASKED = 100;

function paint(element) {
  try {
    const hash = Uint8Array.from(atob(element.dataset.thumbhash), (letter) => letter.charCodeAt(0));
    element.style.backgroundImage = `url(${thumbHashToDataURL(hash)})`;
    element.style.backgroundSize = "cover";
  } catch {
    // A hash that cannot be read is a missing decoration, nothing more.
  }
}

function resume(element, share) {
  if (!share) return;
  const bar = document.createElement("span");
  bar.className = "thumb-resume";
  bar.append(document.createElement("span"));
  bar.firstChild.style.inlineSize = `${share * 100}%`;
  element.append(bar);
}

/** Of who is logged in the server knows, whatever device it was; this browser knows of everybody else. */
async function resumes(elements) {
  if (!meta("viewer")) {
    for (const element of elements) resume(element, watched(element.dataset.video));
    return;
  }
  const ids = [...new Set(elements.map((element) => element.dataset.video))];
  for (let from = 0; from < ids.length; from += MOST_ASKED) {
    const query = encodeURIComponent(ids.slice(from, from + MOST_ASKED).join(","));
    const { positions } = await api("GET", `/me/positions?video_ids=${query}`).catch(() => ({ positions: [] }));
    for (const { video_id: id, position_ms: at, duration_ms: length } of positions) {
      for (const element of elements.filter((each) => each.dataset.video === id)) resume(element, at / length);
    }
  }
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
  }
  const cards = [...root.querySelectorAll(".thumb[data-duration]:not([data-resumed])")];
  for (const element of cards) element.dataset.resumed = "";
  if (cards.length) resumes(cards);
}
