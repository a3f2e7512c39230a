// The player alone, in a frame of somebody else's page. It plays by itself only where it was asked to, and silently then.
import "./player.js";

const video = document.querySelector("sf-player video");
if (video && "autoplay" in document.body.dataset) {
  video.muted = true;
  document.querySelector('sf-player [data-act="play"]')?.click();
}
