// Hands on the player: keys, mouse, fingers, and the buttons of headphones and lock screens.
import { clock } from "./base.js";

const DRAG_PX = 14;
const DRAG_SECONDS = 90;
const TAP_MS = 300;
const TAP_SECONDS = 10;
const TYPING = "input:not([type=range]):not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";
const PRESSABLE = "button, a, summary, input, [role^=menuitem]";

/** Single keys; the viewer can turn them off in the list of shortcuts. */
export function keys(player) {
  const actions = {
    k: () => player.toggle(),
    " ": () => player.toggle(),
    j: () => player.skip(-10),
    l: () => player.skip(10),
    ArrowLeft: () => player.skip(-5),
    ArrowRight: () => player.skip(5),
    m: () => player.toggleMute(),
    c: () => player.captions.toggle(),
    f: () => player.view.toggleFullscreen(),
    t: () => player.view.toggleTheatre(),
    i: () => player.view.togglePip(),
    N: () => player.next.go(),
    "[": () => player.chapters.step(-1),
    "]": () => player.chapters.step(1),
    "<": () => player.stepSpeed(-1),
    ">": () => player.stepSpeed(1),
    "?": () => player.showHelp(),
  };
  const inside = {
    ArrowUp: () => player.addVolume(0.05),
    ArrowDown: () => player.addVolume(-0.05),
  };

  const box = player.querySelector("[data-keys]");
  box.checked = player.prefs.get("keys");
  box.addEventListener("change", () => player.prefs.set("keys", box.checked));

  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !box.checked) return;
    if (target.closest?.(TYPING) || target.closest?.("dialog[open], [role=menu], [popover]")) return;
    const pressable = target.closest?.(PRESSABLE);
    if (key === " " && pressable) return;
    if (key.startsWith("Arrow") && pressable && !player.contains(target)) return;

    const near = player.contains(target) || document.fullscreenElement === player;
    let act = actions[key] ?? actions[key.toLowerCase()] ?? (near ? inside[key] : undefined);
    if (/^\d$/.test(key)) act = () => player.seek((player.duration * Number(key)) / 10);
    if (!act) return;
    event.preventDefault();
    player.stir();
    act();
  });
}

/**
 * A finger dragged sideways over the picture looks for a place: the whole width is a minute and a half, or the whole
 * of a shorter video. Up and down stays the page's. Returns whether a touch has become a drag.
 */
function drags(player, surface) {
  let begun = null;
  const dragged = () => begun?.to !== undefined;
  surface.addEventListener("pointerdown", (event) => {
    begun = event.pointerType === "touch" && event.isPrimary && player.source ? { x: event.clientX, at: player.video.currentTime } : null;
  });
  surface.addEventListener("pointermove", (event) => {
    if (!begun || event.pointerType !== "touch") return;
    const moved = event.clientX - begun.x;
    if (!dragged() && Math.abs(moved) < DRAG_PX) return;
    const total = player.duration;
    begun.to = Math.min(total, Math.max(0, begun.at + (moved / surface.clientWidth) * Math.min(total, DRAG_SECONDS)));
    player.stir();
    player.scrub.aim(begun.to);
    player.flash(clock(begun.to));
  });
  surface.addEventListener("pointerup", () => dragged() && player.seek(begun.to));
  for (const kind of ["pointerup", "pointercancel"]) {
    surface.addEventListener(kind, () => {
      if (dragged()) player.scrub.release();
      // The tap that ends it is none.
      setTimeout(() => (begun = null));
    });
  }
  return dragged;
}

/** Mouse: a click plays or pauses, two clicks fill the screen. Fingers: a tap shows the controls, two taps skip. */
export function pointers(player, surface) {
  let last = { time: 0, side: "" };
  let skipped = 0;
  const dragged = drags(player, surface);

  surface.addEventListener("pointerup", (event) => {
    if (event.button > 0 || dragged()) return;
    player.focus({ preventScroll: true });
    if (event.pointerType !== "touch") {
      if (event.detail !== 2) player.toggle();
      return;
    }
    const box = surface.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    const side = share < 0.36 ? "left" : share > 0.64 ? "right" : "";
    const now = performance.now();
    if (side && side === last.side && now - last.time < TAP_MS) {
      skipped += TAP_SECONDS;
      player.skip(side === "left" ? -TAP_SECONDS : TAP_SECONDS);
      player.flash(`${side === "left" ? "−" : "+"}${skipped} s`, side);
    } else {
      skipped = 0;
      player.toggleControls();
    }
    last = { time: now, side };
  });
  surface.addEventListener("dblclick", () => {
    if (matchMedia("(pointer: fine)").matches) player.view.toggleFullscreen();
  });
  for (const kind of ["pointermove", "pointerdown", "focusin"]) {
    player.addEventListener(kind, (event) => event.pointerType !== "touch" && player.stir());
  }
  player.addEventListener("pointerleave", (event) => event.pointerType !== "touch" && player.rest());
}

/** What headphones and lock screens show and press. */
export function session(player) {
  if (!navigator.mediaSession || !window.MediaMetadata) return;
  const artwork = player.video.poster ? [{ src: player.video.poster }] : [];
  navigator.mediaSession.metadata = new MediaMetadata({ title: player.dataset.title, artwork });
  navigator.mediaSession.setActionHandler("seekbackward", () => player.skip(-10));
  navigator.mediaSession.setActionHandler("seekforward", () => player.skip(10));
  if (player.next.link) navigator.mediaSession.setActionHandler("nexttrack", () => player.next.go());
}
