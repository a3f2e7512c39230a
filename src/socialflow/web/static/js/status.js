// <sf-status>: a video being prepared, live. With data-then="play" the page is shown anew once it can be
// watched, with data-then="row" the row that it stands in.
import { follow } from "./events.js";

const HEADLINES = {
  draft: "Waiting for the file",
  processing: "Preparing",
  partially_playable: "Playable, more qualities coming",
  ready: "Ready",
  failed: "Failed",
};
const PLAYABLE = new Set(["partially_playable", "ready"]);
const SPOKEN_STEP = 25;

class Status extends HTMLElement {
  connectedCallback() {
    this.said = -1;
    this.show({ state: this.dataset.state, progress: Number(this.dataset.progress) });
    this.stop = follow(this.dataset.video, (news) => this.hear(news));
  }

  disconnectedCallback() {
    this.stop?.();
  }

  hear(news) {
    const before = this.dataset.state;
    this.dataset.state = news.state;
    this.show(news);
    if (news.state === before) return;
    this.say(`${HEADLINES[news.state] ?? news.state}. ${news.failure?.detail ?? ""}`);
    this.dispatchEvent(new CustomEvent("sf:state", { bubbles: true, detail: { video: this.dataset.video, ...news } }));
    if (this.dataset.then === "play" && (PLAYABLE.has(news.state) || news.state === "failed")) location.reload();
    if (news.state === "ready" || news.state === "failed") this.stop?.();
    // The row has a picture, a length and another badge now.
    const row = this.dataset.then === "row" && this.closest("[id]");
    if (row) window.htmx?.ajax("GET", location.pathname + location.search, { target: row, select: `#${row.id}`, swap: "outerHTML" });
  }

  show({ state, progress, failure }) {
    const percent = state === "ready" ? 100 : Math.round((progress || 0) * 100);
    const headline = this.querySelector("[data-headline]");
    if (headline && this.dataset.then !== "play") headline.textContent = HEADLINES[state] ?? state;
    for (const place of this.querySelectorAll("[data-percent]")) place.textContent = state === "failed" ? "" : `${percent} %`;
    const bar = this.querySelector("[data-bar]");
    if (bar) bar.value = percent;
    this.querySelector(".ring-value")?.style.setProperty("stroke-dashoffset", String(100 - percent));
    if (failure?.detail && headline) headline.textContent = failure.detail;
    const step = Math.floor(percent / SPOKEN_STEP);
    if (step > this.said && this.said >= 0) this.say(`${percent} percent`);
    this.said = step;
  }

  say(text) {
    const place = this.querySelector("[data-say]");
    if (place) place.textContent = text;
  }
}

customElements.define("sf-status", Status);
