// A pointer that rests on a card sees the video pass: its preview, else the pictures of its storyboard in turn.
import { parseStoryboard } from "./storyboard.js";

const REST_MS = 450;
const STEP_MS = 550;
const boards = new Map();

async function rowsOf(address) {
  if (!boards.has(address)) {
    const rows = fetch(address)
      .then((answer) => (answer.ok ? answer.text() : ""))
      .then((text) => parseStoryboard(text, new URL(address, location.href)));
    boards.set(address, rows.catch(() => []));
  }
  return boards.get(address);
}

/** Play a short and silent film; resolves to null where it cannot be played. */
function film(thumb) {
  const picture = document.createElement("video");
  Object.assign(picture, { className: "thumb-film", src: thumb.dataset.preview, muted: true, loop: true, playsInline: true });
  picture.setAttribute("aria-hidden", "true");
  picture.tabIndex = -1;
  thumb.append(picture);
  const end = () => {
    picture.removeAttribute("src");
    picture.load();
    picture.remove();
  };
  return picture.play().then(
    () => end,
    () => (end(), null),
  );
}

async function begin(thumb, stillHere) {
  const end = thumb.dataset.preview ? await film(thumb) : null;
  if (end || !thumb.dataset.storyboard) return end ?? (() => {});
  const rows = await rowsOf(thumb.dataset.storyboard);
  if (rows.length < 2 || !stillHere()) return () => {};
  const picture = document.createElement("span");
  picture.className = "thumb-preview";
  thumb.append(picture);
  const step = Math.max(1, Math.floor(rows.length / 12));
  let at = 0;
  const show = () => {
    const row = rows[at % rows.length];
    at += step;
    const scale = thumb.clientWidth / row.w;
    Object.assign(picture.style, {
      inlineSize: `${row.w}px`,
      blockSize: `${row.h}px`,
      backgroundImage: `url("${row.src}")`,
      backgroundPosition: `-${row.x}px -${row.y}px`,
      transform: `translate(-50%, -50%) scale(${Math.max(scale, thumb.clientHeight / row.h)})`,
    });
  };
  show();
  const timer = setInterval(show, STEP_MS);
  return () => {
    clearInterval(timer);
    picture.remove();
  };
}

/** Watch for pointers that rest on cards, now and on cards that come later. */
export function previews() {
  if (!matchMedia("(hover: hover) and (pointer: fine)").matches) return;
  if (matchMedia("(prefers-reduced-motion: reduce)").matches || navigator.connection?.saveData) return;
  let current = null;
  let timer = 0;
  let stop = () => {};
  document.addEventListener("pointerover", (event) => {
    const thumb = event.target.closest?.(".card-body, .mini")?.querySelector(".thumb[data-storyboard], .thumb[data-preview]") ?? null;
    if (thumb === current) return;
    current = thumb;
    clearTimeout(timer);
    stop();
    stop = () => {};
    if (!thumb) return;
    timer = setTimeout(async () => {
      const end = await begin(thumb, () => current === thumb);
      if (current === thumb) stop = end;
      else end();
    }, REST_MS);
  });
}
