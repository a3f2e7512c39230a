// Other screens: AirPlay where the browser is Safari, the Remote Playback API (Cast and its like) elsewhere.
// https://developer.apple.com/documentation/webkitjs/adding_an_airplay_button_to_your_safari_media_controls
// https://www.w3.org/TR/remote-playback/
import { toast } from "./base.js";

/** Show the buttons that this browser has a use for; without a screen in reach they stay hidden. */
export function otherScreens(player) {
  airplay(player, player.querySelector('[data-act="airplay"]'));
  remote(player, player.querySelector('[data-act="cast"]'));
}

function airplay({ video }, button) {
  if (!window.WebKitPlaybackTargetAvailabilityEvent || !video.webkitShowPlaybackTargetPicker) return;
  video.setAttribute("x-webkit-airplay", "allow");
  video.addEventListener("webkitplaybacktargetavailabilitychanged", (event) => {
    button.hidden = event.availability !== "available";
  });
  video.addEventListener("webkitcurrentplaybacktargetiswirelesschanged", () => {
    button.setAttribute("aria-pressed", String(Boolean(video.webkitCurrentPlaybackTargetIsWireless)));
  });
}

// Safari offers AirPlay by an API of its own, and its Remote Playback would only be the same a second time.
function remote({ video }, button) {
  if (!video.remote || window.WebKitPlaybackTargetAvailabilityEvent) return;
  const show = (available) => (button.hidden = !available);
  // Where a device cannot look for screens all the time, it looks when the button is pressed.
  video.remote.watchAvailability(show).catch((error) => show(error.name === "NotSupportedError" && isTouch()));
  for (const kind of ["connecting", "connect", "disconnect"]) {
    video.remote.addEventListener(kind, () => button.setAttribute("aria-pressed", String(video.remote.state !== "disconnected")));
  }
}

const isTouch = () => matchMedia("(pointer: coarse)").matches;

/** Choose a screen. What plays there must be an address, not bytes that this page puts together. */
export async function choose(player, kind) {
  try {
    await player.playPlainly();
    if (kind === "airplay") player.video.webkitShowPlaybackTargetPicker();
    else await player.video.remote.prompt();
  } catch (error) {
    if (error.name !== "NotAllowedError") toast("No other screen could be reached.");
  }
}
