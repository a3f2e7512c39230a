// Where a viewer stopped in each video, kept in this browser only.
import { store } from "./base.js";

const PREFIX = "sf:at:";
const MOST = 200;
const WORTH_SECONDS = 5;
const OVER = 0.95;

/** Seconds into a video at which the viewer stopped, or 0. */
export const recall = (video) => store.get(PREFIX + video)?.t ?? 0;

/** Share of a video that was watched, 0 to 1. */
export function watched(video) {
  const kept = store.get(PREFIX + video);
  return kept && kept.d ? Math.min(1, kept.t / kept.d) : 0;
}

/** Keep the position; the beginning and the end are not worth keeping. */
export function remember(video, seconds, duration) {
  if (!duration) return;
  if (seconds < WORTH_SECONDS || seconds > duration * OVER) {
    store.remove(PREFIX + video);
    return;
  }
  store.set(PREFIX + video, { t: Math.round(seconds), d: Math.round(duration), at: Date.now() });
  const keys = store.keys(PREFIX);
  if (keys.length <= MOST) return;
  const oldest = keys.sort((a, b) => (store.get(a)?.at ?? 0) - (store.get(b)?.at ?? 0));
  for (const key of oldest.slice(0, keys.length - MOST)) store.remove(key);
}
