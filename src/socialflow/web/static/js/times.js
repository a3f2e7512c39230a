// Times of the API in the browser's own time zone: shown, and chosen with the native field.

const SHOWN = { dateStyle: "medium", timeStyle: "short" };

/** A time of the API as people of this place say it: in the browser's language, not the page's. */
export const said = (time) => new Intl.DateTimeFormat(undefined, SHOWN).format(new Date(time));

/** A time of the API as the native field wants it: 2027-01-31T18:30, here. */
export function fieldOf(time) {
  if (!time) return "";
  const here = new Date(time);
  const two = (number) => String(number).padStart(2, "0");
  const day = [here.getFullYear(), two(here.getMonth() + 1), two(here.getDate())].join("-");
  return `${day}T${two(here.getHours())}:${two(here.getMinutes())}`;
}

/** What the native field holds, as the API wants it; empty for nothing. */
export function timeOf(text) {
  const here = new Date(text);
  return Number.isNaN(here.getTime()) ? "" : here.toISOString();
}

/** Times that the server could only write down in UTC. */
export function localTimes(root = document) {
  for (const place of root.querySelectorAll("time[data-local]")) {
    place.textContent = said(place.dateTime);
    place.removeAttribute("data-local");
  }
}

/** "Publish later": shows the field, which without scripts would not know the time zone, and keeps the time beside it. */
export function later(place) {
  const field = place.querySelector("[type=datetime-local]");
  const sent = place.querySelector("[name=publish_at]");
  place.querySelector("[data-zone]").textContent = Intl.DateTimeFormat().resolvedOptions().timeZone;
  field.value = fieldOf(sent.value);
  field.addEventListener("input", () => (sent.value = timeOf(field.value)));
  place.hidden = false;
}

/** Every such field of this page. */
export function laters() {
  for (const place of document.querySelectorAll("[data-later]")) later(place);
}
