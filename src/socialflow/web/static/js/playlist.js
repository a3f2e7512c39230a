// The order of a playlist, changed in place: focus stays on what is moved, and where it went is said.
import { api, toast } from "./base.js";

const list = document.querySelector("[data-playlist]");
const said = document.querySelector("[data-said]");
let turn = Promise.resolve();

const titleOf = (item) => item.querySelector(".item-title").textContent.trim();

/** The first one cannot go up, the last one not down; and forms name the neighbours that there are now. */
function settle() {
  const items = [...list.children];
  items.forEach((item, at) => {
    const up = item.querySelector("[data-move=up]");
    const down = item.querySelector("[data-move=down]");
    if (!up || !down) return;
    up.hidden = at === 0;
    down.hidden = at === items.length - 1;
    up.elements.before.value = items[at - 1]?.dataset.item ?? "";
    down.elements.after.value = items[at + 1]?.dataset.item ?? "";
  });
}

function move(form) {
  const item = form.closest("[data-item]");
  const up = form.dataset.move === "up";
  const beside = up ? item.previousElementSibling : item.nextElementSibling;
  if (!beside) return;
  const body = up ? { before_id: beside.dataset.item } : { after_id: beside.dataset.item };
  if (up) beside.before(item);
  else beside.after(item);
  settle();
  const button = (form.hidden ? item.querySelector(`[data-move=${up ? "down" : "up"}]`) : form).querySelector("button");
  button.focus();
  const items = [...list.children];
  said.textContent = `${titleOf(item)} is at ${items.indexOf(item) + 1} of ${items.length}`;
  // One after the other, in the order in which they were asked for.
  turn = turn.then(() => send(item.dataset.item, body));
}

async function send(itemId, body) {
  try {
    await api("PATCH", `/playlists/${list.dataset.playlist}/items/${itemId}`, body);
  } catch (error) {
    toast(error.message, "error");
    // Somebody else has changed the list: what is shown is not what there is.
    setTimeout(() => location.reload(), 1500);
  }
}

list?.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-move]");
  if (!form) return;
  event.preventDefault();
  move(form);
});
