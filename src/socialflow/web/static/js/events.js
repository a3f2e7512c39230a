// News about videos: one event stream for all that a page shows, and polling where streams do not get through.
import { api } from "./base.js";

const POLL_MS = 3000;
const FAILURES = 3;
const GONE = { state: "failed", progress: 0, failure: { code: "gone", detail: "This video is gone." } };
const followers = new Map();
let source = null;
let topics = "";
let failures = 0;
let timer = 0;
let pending = 0;

/** Call back with {state, progress, failure, duplicate_of} whenever a video's preparation moves on; returns a function that stops. */
export function follow(video, callback) {
  if (!followers.has(video)) followers.set(video, new Set());
  followers.get(video).add(callback);
  refresh();
  return () => {
    followers.get(video)?.delete(callback);
    if (!followers.get(video)?.size) followers.delete(video);
    refresh();
  };
}

// Elements come and go together; the stream is opened once for all of them.
function refresh() {
  clearTimeout(pending);
  pending = setTimeout(connect, 50);
}

function connect() {
  const wanted = [...followers.keys()].sort().map((video) => `video:${video}`).join(",");
  if (wanted === topics && (source || timer)) return;
  topics = wanted;
  source?.close();
  source = null;
  clearInterval(timer);
  timer = 0;
  if (!wanted) return;
  if (failures >= FAILURES) {
    startPolling();
    return;
  }
  source = new EventSource(`/api/v1/events?topics=${encodeURIComponent(wanted)}`);
  source.addEventListener("video.progress", heard);
  source.addEventListener("topic.gone", heard);
  // The stream begins with the present state, so nothing is missed while it is opened.
  source.addEventListener("open", () => (failures = 0));
  source.addEventListener("error", () => {
    failures += 1;
    if (source?.readyState === EventSource.CLOSED || failures >= FAILURES) {
      source?.close();
      source = null;
      startPolling();
    }
  });
}

function heard(event) {
  let envelope;
  try {
    envelope = JSON.parse(event.data);
  } catch {
    return;
  }
  tell(String(envelope.topic).replace(/^video:/, ""), envelope.type === "topic.gone" ? GONE : envelope.data);
}

function startPolling() {
  if (!timer) timer = setInterval(poll, POLL_MS);
  poll();
}

async function poll() {
  for (const video of [...followers.keys()]) {
    try {
      tell(video, await api("GET", `/videos/${video}`));
    } catch (error) {
      if (error.status === 404) tell(video, GONE);
    }
  }
}

function tell(video, { state, progress, failure, duplicate_of }) {
  for (const callback of [...(followers.get(video) ?? [])]) callback({ state, progress: progress ?? 0, failure, duplicate_of });
}
