// The settings of the player: languages by their names, and what this device remembers.
import { toast } from "./base.js";
import { forgetDevice, rememberedHere } from "./player-prefs.js";

function languages() {
  const names = new Intl.DisplayNames(["en"], { type: "language" });
  for (const option of document.querySelectorAll("option[data-language]")) option.textContent = names.of(option.value) ?? option.value;
}

function device() {
  const place = document.querySelector("[data-device]");
  const button = place.querySelector("[data-forget]");
  const show = () => (button.disabled = rememberedHere() === 0);
  place.hidden = false;
  show();
  button.addEventListener("click", () => {
    forgetDevice();
    show();
    toast("This device begins as your account says");
  });
}

languages();
device();
