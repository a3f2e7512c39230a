// How somebody likes the player: what they chose on this device, else what their account says, else what is usual.
import { store } from "./base.js";

const USUAL = {
  quality: "auto",
  speed: 1,
  captions: "default",
  autoplay: true,
  autoplay_next: true,
  keep_positions: true,
  loop: false,
  theatre: false,
  keys: true,
  volume: 1,
  muted: false,
};
const PREFIX = "sf:";
// What a device may remember; positions are the account's business alone.
const OF_DEVICE = Object.keys(USUAL).filter((name) => name !== "keep_positions");

export class Prefs {
  /** `said` is what the account says, as JSON of the API, or nothing. */
  constructor(said) {
    const { quality, speed_percent: percent, ...rest } = said ? JSON.parse(said) : {};
    this.account = rest;
    if (quality) this.account.quality = quality;
    if (percent) this.account.speed = percent / 100;
  }

  get(name) {
    const chosen = name === "keep_positions" ? null : store.get(PREFIX + name);
    return chosen ?? this.account[name] ?? USUAL[name];
  }

  set(name, value) {
    store.set(PREFIX + name, value);
  }
}

/** Forget what this device remembers, so that the account's word counts again. */
export function forgetDevice() {
  for (const name of OF_DEVICE) store.remove(PREFIX + name);
}

/** How many things this device remembers. */
export const rememberedHere = () => OF_DEVICE.filter((name) => store.get(PREFIX + name) !== null).length;
