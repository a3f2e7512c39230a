// The watch page: the player, the state of what is still being prepared, sharing, and the number of comments.
import "./comments.js";
import "./player.js";
import "./status.js";
import { clock, toast } from "./base.js";

function sharing() {
  const button = document.querySelector("[data-share]");
  const dialog = document.getElementById("share");
  if (!button || !dialog) return;
  const field = dialog.querySelector("#share-link");
  const at = dialog.querySelector("[data-share-time]");
  const plain = field.value;
  const seconds = () => Math.floor(document.querySelector("sf-player video")?.currentTime ?? 0);
  const write = () => (field.value = at.checked && seconds() ? `${plain}?t=${seconds()}` : plain);

  button.hidden = false;
  button.addEventListener("click", () => {
    dialog.querySelector("[data-share-clock]").textContent = clock(seconds());
    write();
    dialog.showModal();
    field.select();
  });
  at.addEventListener("change", write);
  for (const copy of dialog.querySelectorAll("[data-copy]")) {
    const source = copy.parentElement.querySelector("input");
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(source.value);
      } catch {
        source.select();
        document.execCommand("copy");
      }
      dialog.close();
      toast(source === field ? "Link copied" : "Code copied");
    });
  }
}

/** The heading counts what is written and deleted while the page is open. */
function counting() {
  const title = document.getElementById("comments-title");
  const comments = document.getElementById("comments");
  if (!title || !comments) return;
  new MutationObserver((changes) => {
    for (const node of changes.flatMap((change) => [...change.addedNodes])) {
      if (!node.dataset?.counts) continue;
      const count = Math.max(0, Number(title.dataset.count) + Number(node.dataset.counts));
      delete node.dataset.counts;
      title.dataset.count = String(count);
      title.textContent = `${count} comment${count === 1 ? "" : "s"}`;
    }
  }).observe(comments, { childList: true, subtree: true });
}

/** Links to a moment, in the list of chapters and in comments, move the player where there is one. */
function moments() {
  const player = document.querySelector("sf-player");
  if (!player) return;
  document.querySelector(".watch-main").addEventListener("click", (event) => {
    const link = event.target.closest("a[data-start]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    player.seek(Number(link.dataset.start) / 1000);
    player.scrollIntoView({ block: "nearest" });
  });
}

/** The file is put together when somebody first asks for it: wait for that here, then leave the rest to the browser. */
function downloading() {
  const link = document.querySelector("[data-download]");
  if (!link) return;
  link.addEventListener("click", async (event) => {
    event.preventDefault();
    if (link.getAttribute("aria-busy") === "true") return;
    link.setAttribute("aria-busy", "true");
    try {
      for (;;) {
        const answer = await fetch(link.href, { headers: { Range: "bytes=0-0" } });
        if (answer.status === 206 || answer.status === 200) {
          await answer.body?.cancel();
          location.href = link.href;
          return;
        }
        const said = await answer.json();
        if (answer.status !== 202) return toast(said.detail || "The video could not be downloaded");
        toast("Preparing the file");
        await new Promise((done) => setTimeout(done, 1000 * Number(answer.headers.get("Retry-After") || 2)));
      }
    } catch {
      toast("The video could not be downloaded");
    } finally {
      link.removeAttribute("aria-busy");
    }
  });
}

/** The list of chapters shows which part is playing. */
function chapters() {
  const list = document.querySelector("ol.chapters");
  const player = document.querySelector("sf-player");
  if (!list || !player) return;
  player.addEventListener("sf:chapter", ({ detail }) => {
    list.querySelectorAll("a").forEach((link, at) => {
      if (at === detail.number) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
  });
}

sharing();
moments();
chapters();
counting();
downloading();
