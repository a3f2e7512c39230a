// <sf-upload>: choose or drop files, describe them while the bytes travel, watch them become playable.
import { api, bytes, confirmed, toast } from "./base.js";
import { follow } from "./events.js";
import { later, fieldOf, said } from "./times.js";
import { discard, unfinished, Upload } from "./tus.js";

const LONGEST_TITLE = 120;
const SPOKEN_STEP = 25;
const PLAYABLE = new Set(["partially_playable", "ready"]);
const FIELDS = { title: "title", description: "description", tags: "tags", publish_at: "publish_local" };
const SAVED = { public: "public", unlisted: "open to anyone with the link", private: "visible to you" };

/** A file's name as a title: without its ending, with spaces. */
export const titleOf = (name) => name.replace(/\.[^.]{1,5}$/, "").replace(/[_]+/g, " ").trim().slice(0, LONGEST_TITLE) || "Untitled";

const tagsOf = (text) => [...new Set(text.split(",").map((tag) => tag.trim().replace(/^#+/, "").trim()).filter(Boolean))];

/** Seconds as a rough time to wait. */
function wait(seconds) {
  if (seconds === null) return "";
  if (seconds < 5) return "a few seconds left";
  if (seconds < 90) return `${Math.ceil(seconds / 5) * 5} s left`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min left`;
  return `${(seconds / 3600).toFixed(1)} h left`;
}

/** One file on its way: the card, its transfer, its video. */
class Item {
  constructor(home, file) {
    Object.assign(this, { home, file, video: null, saved: null, spoken: 0 });
    this.card = home.querySelector("template[data-card]").content.firstElementChild.cloneNode(true);
    this.form = this.card.querySelector("[data-form]");
    this.upload = new Upload(file, {
      viewer: home.dataset.viewer,
      pieceBytes: Number(home.dataset.pieceBytes) || undefined,
      tell: {
        created: (id) => this.#created(id),
        progress: () => this.#progress(),
        waiting: (seconds) => this.#waiting(seconds),
        elsewhere: (is) => this.#elsewhere(is),
        done: () => this.#arrived(),
        failed: (error) => this.#failed(error.message),
      },
    });
    this.#dress();
  }

  find(name) {
    return this.card.querySelector(`[data-${name}]`);
  }

  #dress() {
    const number = (this.home.count += 1);
    this.find("name").textContent = this.file.name;
    this.find("bar").setAttribute("aria-label", `Upload of ${this.file.name}`);
    this.form.elements.title.value = titleOf(this.file.name);
    for (const field of this.form.querySelectorAll(".field > label")) {
      const input = field.parentElement.querySelector("input, textarea");
      input.id = `${input.name}-${number}`;
      field.htmlFor = input.id;
    }
    later(this.find("later"));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
    this.form.addEventListener("change", ({ target }) => {
      if (target.name === "visibility") this.upload.chose(target.value);
      this.#label();
    });
    this.find("pause").addEventListener("click", () => this.#pause());
    this.find("cancel").addEventListener("click", () => this.#cancel());
  }

  start() {
    this.find("pause").hidden = false;
    this.upload.start();
  }

  // The video exists as soon as the upload does, private until its owner has said what it is.
  async #created(id) {
    if (this.making || this.video) return;
    this.making = true;
    try {
      this.video = this.upload.video ? await this.#known(this.upload.video) : null;
      this.video ??= await api("POST", "/videos", {
        upload_id: id,
        channel_id: this.home.dataset.channel || null,
        title: titleOf(this.file.name),
        description: "",
        tags: [],
        visibility: "private",
      });
      this.upload.belongsTo(this.video.id);
      if (this.wanted) await this.#send(this.wanted);
    } catch (error) {
      this.upload.pause();
      this.#failed(error.message);
    } finally {
      this.making = false;
    }
  }

  async #known(id) {
    const video = await api("GET", `/videos/${id}`).catch(() => null);
    if (!video) return null;
    this.form.elements.title.value = video.title;
    this.form.elements.description.value = video.description ?? "";
    this.form.elements.tags.value = (video.tags ?? []).join(", ");
    // Until somebody says what it is to be, a video is private: that is not what they have chosen.
    const saved = video.visibility === "private" ? null : video.visibility;
    const chosen = this.upload.visibility ?? saved;
    if (chosen) this.form.elements.visibility.value = chosen;
    this.#wait(video.publish_at);
    return video;
  }

  #wait(time) {
    this.form.elements.publish_at.value = time ?? "";
    this.form.elements.publish_local.value = fieldOf(time);
    this.#label();
  }

  #progress() {
    const { upload } = this;
    const percent = Math.floor(upload.share * 100);
    this.find("bar").value = percent;
    const parts = [`${percent} %`, `${bytes(upload.offset)} of ${bytes(this.file.size)}`];
    if (upload.state === "going" && upload.speed) parts.push(`${bytes(upload.speed)}/s`, wait(upload.secondsLeft));
    if (upload.state === "paused") parts.push("paused");
    this.find("stats").textContent = parts.filter(Boolean).join(" · ");
    const step = Math.floor(percent / SPOKEN_STEP);
    if (step > this.spoken) this.home.say(`${this.file.name}: ${percent} percent uploaded`);
    this.spoken = Math.max(step, this.spoken);
  }

  #waiting(seconds) {
    this.find("fault").hidden = !seconds;
    this.find("fault").textContent = seconds ? "The connection was lost. Going on by itself as soon as it is back." : "";
  }

  #elsewhere(is) {
    this.find("fault").hidden = !is;
    this.find("fault").textContent = is ? "Another tab is sending this file. This one goes on when that one stops." : "";
  }

  #pause() {
    const going = this.upload.state === "going";
    if (going) this.upload.pause();
    else this.upload.start();
    this.card.classList.toggle("paused", going);
    this.find("pause").setAttribute("aria-label", going ? "Resume" : "Pause");
    this.#progress();
  }

  async #cancel() {
    const running = !["done", "failed"].includes(this.upload.state);
    if (running && !(await confirmed(`Stop uploading “${this.file.name}”? What has arrived is deleted.`, "Stop upload"))) return;
    if (running) {
      await this.upload.cancel();
      if (this.video) await api("DELETE", `/videos/${this.video.id}`).catch(() => {});
    }
    this.stop?.();
    this.card.remove();
    this.home.left();
  }

  #failed(message) {
    this.find("fault").textContent = message;
    this.find("fault").hidden = false;
    this.find("stats").textContent = bytes(this.file.size);
    this.card.classList.add("failed");
    this.find("pause").hidden = true;
    this.find("cancel").setAttribute("aria-label", "Remove from the list");
    this.form.hidden = true;
    this.home.say(message);
  }

  #arrived() {
    this.card.classList.add("arrived");
    this.find("pause").hidden = true;
    this.find("cancel").hidden = true;
    this.home.say(`${this.file.name} has arrived and is being prepared.`);
    this.#prepare({ state: "processing", progress: 0 });
    const watch = () => (this.video ? (this.stop = follow(this.video.id, (news) => this.#prepare(news))) : setTimeout(watch, 200));
    watch();
  }

  #prepare({ state, progress, failure, duplicate_of: twin }) {
    if (twin) {
      this.find("twin-watch").href = `/watch/${twin}`;
      this.find("twin-watch").hidden = false;
    }
    if (state === "failed") {
      this.stop?.();
      this.#failed(failure?.detail ?? "This file could not be read as a video.");
      this.find("cancel").hidden = false;
      return;
    }
    const percent = state === "ready" ? 100 : Math.round(progress * 100);
    this.find("bar").value = percent;
    const lines = { ready: "Ready to watch", partially_playable: `Playable · better qualities ${percent} %` };
    this.find("stats").textContent = lines[state] ?? `Preparing · ${percent} %`;
    if (PLAYABLE.has(state) && this.find("done").hidden) {
      this.find("done").hidden = false;
      this.find("watch").href = `/watch/${this.video.id}`;
      this.find("edit").href = `/my/videos/${this.video.id}`;
      this.card.classList.add("playable");
      this.home.say(`${this.file.name} can be watched.`);
    }
    if (state === "ready") this.stop?.();
    this.#compare();
  }

  // The digest is taken when the file is read for the first time; until then it is asked for with every news.
  async #compare() {
    if (this.compared) return;
    this.compared = true;
    const found = await api("GET", `/uploads/${this.upload.id}`).catch(() => null);
    this.compared = Boolean(found?.sha256);
    const twin = found?.duplicate_of;
    if (!twin) return;
    const day = new Date(twin.created_at).toLocaleDateString(undefined, { dateStyle: "long" });
    const text = `You have uploaded the same file before${twin.filename ? `, as “${twin.filename}”` : ""}, on ${day}.`;
    this.find("twin-text").textContent = text;
    this.find("twin").hidden = false;
    this.home.say(text);
  }

  #label() {
    const chosen = this.form.elements.visibility.value;
    const waits = chosen !== "private" && this.form.elements.publish_at.value;
    // What is public already is not published a second time.
    const publishes = chosen === "public" && !(this.saved?.visibility === "public" && !this.saved.publish_at);
    this.find("save").textContent = waits ? "Schedule" : publishes ? "Publish" : "Save";
  }

  async #save() {
    const { elements } = this.form;
    this.wanted = {
      title: elements.title.value.trim(),
      description: elements.description.value,
      tags: tagsOf(elements.tags.value),
      visibility: elements.visibility.value,
      publish_at: elements.publish_at.value || null,
    };
    this.find("saved").textContent = "Saving …";
    if (this.video) await this.#send(this.wanted);
  }

  async #send(wanted) {
    const save = this.find("save");
    save.disabled = true;
    try {
      // A time that nobody has touched is not sent: meanwhile it may have come.
      const { publish_at: time, ...others } = wanted;
      const body = time === this.video.publish_at ? others : wanted;
      this.video = await api("PATCH", `/videos/${this.video.id}`, body);
      this.saved = this.video;
      for (const name of Object.keys(FIELDS)) this.#fieldFault(name, "");
      this.#wait(this.video.publish_at);
      this.find("saved").textContent = this.#outcome();
      this.home.say("Saved");
    } catch (error) {
      let placed = false;
      for (const name of Object.keys(FIELDS)) placed = this.#fieldFault(name, error.about?.(name) ?? "") || placed;
      this.find("saved").textContent = placed ? "" : error.message;
    } finally {
      save.disabled = false;
    }
  }

  #outcome() {
    const { publish_at: time, state, visibility } = this.video;
    if (time) return `Saved. It is scheduled for ${said(time)}; until then only you can see it.`;
    return `Saved. It is ${SAVED[visibility]}${PLAYABLE.has(state) ? "" : " as soon as it can be watched"}.`;
  }

  #fieldFault(name, text) {
    const place = this.find(`fault-${name}`);
    place.hidden = !text;
    place.textContent = text;
    this.form.elements[FIELDS[name]].toggleAttribute("aria-invalid", Boolean(text));
    return Boolean(text);
  }
}

class Uploads extends HTMLElement {
  connectedCallback() {
    this.count = 0;
    this.items = new Set();
    const input = this.querySelector("[data-files]");
    input.addEventListener("change", () => {
      this.#take([...input.files]);
      input.value = "";
    });
    this.#drops(this.querySelector("[data-drop]"));
    this.#listUnfinished();
    addEventListener("beforeunload", (event) => {
      if ([...this.items].some((item) => item.upload.state === "going")) event.preventDefault();
    });
  }

  /** Tell screen readers. */
  say(text) {
    this.querySelector("[data-say]").textContent = text;
  }

  /** A card was taken away. */
  left() {
    for (const item of this.items) if (!item.card.isConnected) this.items.delete(item);
    this.classList.toggle("busy", this.items.size > 0);
    this.querySelector("[data-files]").focus();
  }

  // Files may be dropped anywhere on the page.
  #drops(zone) {
    let depth = 0;
    const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
    document.addEventListener("dragenter", (event) => {
      if (!hasFiles(event)) return;
      depth += 1;
      zone.classList.add("over");
    });
    document.addEventListener("dragleave", () => {
      depth = Math.max(0, depth - 1);
      if (!depth) zone.classList.remove("over");
    });
    document.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
    document.addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      depth = 0;
      zone.classList.remove("over");
      this.#take([...event.dataTransfer.files]);
    });
  }

  // What there is no room for is said before a byte is sent; the server's own word is the last one.
  async #take(files) {
    const limits = await api("GET", "/uploads/limits").catch(() => null);
    const most = limits?.max_bytes ?? Number(this.dataset.maxBytes);
    let left = limits?.left_bytes ?? Number(this.dataset.leftBytes);
    for (const file of files) {
      const item = new Item(this, file);
      // An unfinished upload has its room already.
      const needs = item.upload.url ? 0 : file.size;
      if (!file.size) toast(`${file.name} is empty.`, "error");
      else if (most && file.size > most) toast(`${file.name} is larger than ${bytes(most)}.`, "error");
      else if (needs > left) toast(`There is no room for ${file.name}: ${bytes(left)} are left in your account.`, "error");
      else {
        left -= needs;
        this.#add(item);
      }
    }
    this.querySelector("[data-left]").textContent = bytes(Math.max(left, 0));
  }

  #add(item) {
    this.items.add(item);
    this.querySelector("[data-list]").append(item.card);
    this.classList.add("busy");
    item.start();
    this.#listUnfinished();
    if (this.items.size === 1) item.form.elements.title.select();
  }

  #listUnfinished() {
    const going = new Set([...this.items].map((item) => item.upload.key));
    const rows = unfinished(this.dataset.viewer).filter((entry) => !going.has(entry.key));
    const list = this.querySelector("[data-unfinished-list]");
    list.replaceChildren(...rows.map((entry) => this.#row(entry)));
    this.querySelector("[data-unfinished]").hidden = !rows.length;
  }

  #row(entry) {
    const row = this.querySelector("template[data-unfinished-row]").content.firstElementChild.cloneNode(true);
    row.querySelector("[data-name]").textContent = entry.name;
    row.querySelector("[data-stats]").textContent = `${Math.floor((entry.offset / entry.size) * 100)} % of ${bytes(entry.size)}`;
    row.querySelector("[data-discard]").addEventListener("click", async () => {
      if (!(await confirmed(`Discard “${entry.name}”? What has arrived is deleted.`, "Discard"))) return;
      await discard(entry);
      if (entry.video) await api("DELETE", `/videos/${entry.video}`).catch(() => {});
      this.#listUnfinished();
    });
    return row;
  }
}

customElements.define("sf-upload", Uploads);
