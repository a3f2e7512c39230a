// A tus 1.0 client (https://tus.io): bytes in pieces that survive lost connections, closed tabs and sleeping laptops.
import { ApiError, meta, store } from "./base.js";

const ENDPOINT = "/api/v1/uploads";
const VERSION = "1.0.0";
const PIECE_BYTES = 8 * 1024 * 1024;
const PREFIX = "sf:upload:";
const WAITS_MS = [500, 1000, 2000, 4000, 8000, 15000];
const GONE = new Set([404, 410]);
const AGAIN = new Set([0, 409, 423, 429, 500, 502, 503, 504]);
const SPEED_WINDOW_MS = 6000;

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Key under which an upload of this very file by this viewer is remembered. */
const fingerprint = (file, viewer) => `${PREFIX}${viewer}:${file.name}:${file.size}:${file.lastModified}`;

/** Uploads of this viewer that were begun and not finished, as {key, url, upload, video, visibility, name, size, offset}. */
export function unfinished(viewer) {
  return store.keys(`${PREFIX}${viewer}:`).map((key) => ({ key, ...store.get(key) })).filter((entry) => entry.url);
}

/** Forget an unfinished upload, here and on the server. */
export async function discard(entry) {
  store.remove(entry.key);
  await send("DELETE", entry.url).catch(() => {});
}

function send(method, url, { headers = {}, body, onProgress, onRequest } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, url);
    request.setRequestHeader("Tus-Resumable", VERSION);
    request.setRequestHeader("X-CSRF-Token", meta("csrf-token"));
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    if (onProgress) request.upload.addEventListener("progress", (event) => onProgress(event.loaded));
    request.addEventListener("load", () => {
      if (request.status < 400) {
        resolve(request);
        return;
      }
      let problem = null;
      try {
        problem = JSON.parse(request.responseText);
      } catch {
        // HEAD has no body; a proxy may answer with HTML.
      }
      reject(new ApiError(request.status, problem));
    });
    request.addEventListener("error", () => reject(new ApiError(0, { code: "offline", detail: "The connection was lost." })));
    request.addEventListener("abort", () => reject(new DOMException("Paused", "AbortError")));
    onRequest?.(request);
    request.send(body);
  });
}

export class Upload {
  /** `tell` hears: created(uploadId), progress(), waiting(seconds or 0), elsewhere(bool), done(), failed(error). */
  constructor(file, { viewer, purpose = "video", pieceBytes = PIECE_BYTES, tell }) {
    Object.assign(this, { file, purpose, pieceBytes, tell });
    this.key = fingerprint(file, viewer);
    this.offset = 0;
    this.state = "new";
    this.samples = [];
    this.url = this.id = this.video = this.visibility = null;
    if (purpose === "video") this.#adopt(store.get(this.key));
  }

  // What another tab has begun, this one goes on with.
  #adopt(kept) {
    if (!kept?.url) return;
    Object.assign(this, { url: kept.url, id: kept.upload, video: kept.video ?? this.video, visibility: this.visibility ?? kept.visibility });
  }

  /** Share that has arrived, 0 to 1. */
  get share() {
    return this.file.size ? Math.min(1, this.offset / this.file.size) : 1;
  }

  /** Bytes per second over the last seconds. */
  get speed() {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    return first && last.at > first.at ? ((last.offset - first.offset) * 1000) / (last.at - first.at) : 0;
  }

  /** Seconds until the last byte, or null while that cannot be told. */
  get secondsLeft() {
    return this.speed > 0 ? (this.file.size - this.offset) / this.speed : null;
  }

  /** Keep the video that was made for this upload, so that a resumed one finds it. */
  belongsTo(video) {
    this.video = video;
    this.#keep();
  }

  /** Keep who is to see that video, chosen and perhaps not saved yet. */
  chose(visibility) {
    this.visibility = visibility;
    this.#keep();
  }

  #keep() {
    if (this.purpose !== "video" || !this.url) return;
    store.set(this.key, { url: this.url, upload: this.id, video: this.video, visibility: this.visibility, name: this.file.name, size: this.file.size, offset: this.offset });
  }

  async start() {
    if (this.state === "going" || this.state === "done") return;
    this.state = "going";
    await this.#alone(() => this.#persist());
  }

  // Of tabs that have the same file one sends it; the others wait until that one stops, and go on where it stopped.
  async #alone(act) {
    if (this.purpose !== "video" || !navigator.locks) {
      await act();
      return;
    }
    this.waits = new AbortController();
    const heard = ({ key, newValue }) => key === this.key && newValue && this.#adopt(JSON.parse(newValue));
    addEventListener("storage", heard);
    try {
      const { held } = await navigator.locks.query();
      if (held.some((lock) => lock.name === this.key)) this.tell.elsewhere?.(true);
      await navigator.locks.request(this.key, { signal: this.waits.signal }, async () => {
        this.tell.elsewhere?.(false);
        removeEventListener("storage", heard);
        if (this.state === "going") await act();
      });
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    } finally {
      removeEventListener("storage", heard);
    }
  }

  async #persist() {
    this.samples = [];
    for (let failures = 0; this.state === "going"; ) {
      const before = this.offset;
      try {
        await this.#go();
        return;
      } catch (error) {
        if (this.state !== "going" || error.name === "AbortError") return;
        if (GONE.has(error.status) && this.url) {
          this.#startOver();
        } else if (!AGAIN.has(error.status) && error.status !== 401) {
          this.state = "failed";
          this.tell.failed(error);
          return;
        }
        failures = this.offset > before ? 1 : failures + 1;
        await this.#rest(WAITS_MS[Math.min(failures, WAITS_MS.length) - 1]);
      }
    }
  }

  pause() {
    if (this.state !== "going") return;
    this.state = "paused";
    this.request?.abort();
    this.waits?.abort();
    this.wake?.();
  }

  /** Stop for good and delete what has arrived. */
  async cancel() {
    this.state = "cancelled";
    this.request?.abort();
    this.waits?.abort();
    this.wake?.();
    store.remove(this.key);
    if (this.url) await send("DELETE", this.url).catch(() => {});
  }

  #startOver() {
    store.remove(this.key);
    this.url = null;
    this.id = null;
    this.offset = 0;
  }

  // A pause between tries ends early when the network comes back.
  async #rest(ms) {
    this.tell.waiting(ms / 1000);
    await Promise.race([
      sleep(ms),
      new Promise((resolve) => {
        this.wake = resolve;
        window.addEventListener("online", resolve, { once: true });
      }),
    ]);
    this.tell.waiting(0);
  }

  async #go() {
    if (this.url) this.offset = Number((await send("HEAD", this.url)).getResponseHeader("Upload-Offset"));
    else await this.#create();
    this.tell.created(this.id);
    this.#sample();
    while (this.state === "going" && this.offset < this.file.size) await this.#piece();
    if (this.state !== "going") return;
    this.state = "done";
    store.remove(this.key);
    this.tell.done();
  }

  async #create() {
    const metadata = { filename: this.file.name, filetype: this.file.type || "application/octet-stream", purpose: this.purpose };
    const answer = await send("POST", ENDPOINT, {
      headers: {
        "Upload-Length": String(this.file.size),
        "Upload-Metadata": Object.entries(metadata).map(([name, value]) => `${name} ${base64(value)}`).join(","),
      },
    });
    this.url = new URL(answer.getResponseHeader("Location"), location.href).pathname;
    this.id = this.url.split("/").pop();
    this.offset = 0;
    this.#keep();
  }

  async #piece() {
    const begin = this.offset;
    const answer = await send("PATCH", this.url, {
      headers: { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(begin) },
      body: this.file.slice(begin, begin + this.pieceBytes),
      onProgress: (loaded) => {
        this.offset = begin + loaded;
        this.#sample();
      },
      onRequest: (request) => (this.request = request),
    }).catch((error) => {
      // What the server really has is asked for before the next try.
      this.offset = begin;
      throw error;
    });
    this.offset = Number(answer.getResponseHeader("Upload-Offset"));
    this.#sample();
    this.#keep();
  }

  #sample() {
    const at = performance.now();
    this.samples.push({ at, offset: this.offset });
    this.samples = this.samples.filter((sample) => at - sample.at < SPEED_WINDOW_MS);
    this.tell.progress();
  }
}
