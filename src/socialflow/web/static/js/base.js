// What every module needs: the API with its session, storage that may be missing, values as people say them.

const API = "/api/v1";

/** Content of a <meta> of this page. */
export const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

/** A refusal of the API (RFC 9457). */
export class ApiError extends Error {
  constructor(status, body) {
    super(body?.detail || "Something went wrong. Try again in a moment.");
    this.status = status;
    this.code = body?.code ?? "";
    this.errors = body?.errors ?? [];
  }

  /** The sentence about one field, or undefined. */
  about(field) {
    return this.errors.find((error) => error.pointer.split("/").pop() === field)?.detail;
  }
}

/** Call the API as the viewer; resolves to its JSON, or null for an empty answer. `more` goes to `fetch`. */
export async function api(method, path, body, more = {}) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-CSRF-Token"] = meta("csrf-token");
  let answer;
  try {
    answer = await fetch(API + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), ...more });
  } catch {
    throw new ApiError(0, { code: "offline", detail: "The server cannot be reached." });
  }
  const json = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok) throw new ApiError(answer.status, json);
  return json;
}

/** localStorage with JSON values; silent where storage is forbidden or full. */
export const store = {
  get(key) {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem(key, JSON.stringify(value));
    } catch {
      // Nothing depends on it being kept.
    }
  },
  remove(key) {
    try {
      localStorage.removeItem(key);
    } catch {
      // As above.
    }
  },
  keys(prefix) {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
    } catch {
      return [];
    }
  },
};

/** Seconds as 0:07, 12:03 or 1:02:03. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Seconds as a screen reader should say them. */
export function spoken(seconds) {
  let rest = Math.max(0, Math.round(seconds || 0));
  const parts = [];
  for (const [size, name] of [[3600, "hour"], [60, "minute"], [1, "second"]]) {
    const number = Math.floor(rest / size);
    rest -= number * size;
    if (number) parts.push(`${number} ${name}${number === 1 ? "" : "s"}`);
  }
  return parts.join(" ") || "0 seconds";
}

/** Bytes as 3.4 MB. */
export function bytes(number) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  while (number >= 1000 && at < units.length - 1) {
    number /= 1000;
    at += 1;
  }
  return `${number.toFixed(at && number < 100 ? 1 : 0)} ${units[at]}`;
}

/** A short message at the foot of the page, read out by screen readers. */
export function toast(message, tone = "") {
  const place = document.getElementById("toasts");
  if (!place) return;
  const note = document.createElement("p");
  note.className = `toast${tone ? ` toast-${tone}` : ""}`;
  note.textContent = message;
  place.append(note);
  setTimeout(() => note.remove(), tone === "error" ? 8000 : 4000);
}

/** Ask in our own dialog; resolves to whether the answer was yes. */
export function confirmed(question, verb = "Delete") {
  const dialog = document.getElementById("confirm");
  dialog.querySelector("#confirm-text").textContent = question;
  dialog.querySelector("[value=yes]").textContent = verb;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
