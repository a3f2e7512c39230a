// Service worker: when the server cannot be reached, a page says so. Nothing else is kept or changed.
const asset = (path) => path;
const CACHE = "sf-offline-1";
const PAGE = "/offline";
const KEPT = [
  PAGE,
  asset("../css/base.css"),
  asset("../css/layout.css"),
  asset("../css/parts.css"),
  asset("../js/theme.js"),
  asset("../js/app.js"),
  asset("../js/base.js"),
  asset("../js/thumbs.js"),
  asset("../js/memory.js"),
  asset("../js/previews.js"),
  asset("../js/storyboard.js"),
  asset("../vendor/thumbhash.js"),
  asset("../vendor/htmx.js"),
  asset("../vendor/instrument-sans-latin.woff2"),
  asset("../img/logo.svg"),
];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(KEPT)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname } = new URL(request.url);
  if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => caches.match(PAGE)));
  else if (pathname.startsWith("/static/")) event.respondWith(fetch(request).catch(() => caches.match(request)));
});
