// Sessions and tokens: times as people of this place say them, and a button that copies a new token.

import { localTimes } from "./times.js";

localTimes();

const button = document.querySelector("[data-copy]");
if (button) {
  const field = document.querySelector("[data-copied]");
  const label = button.querySelector("[data-copy-label]");
  button.hidden = false;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // Without https there is no clipboard of that kind.
      document.execCommand("copy");
    }
    label.textContent = "Copied";
    document.querySelector("[data-copy-say]").textContent = "The token has been copied.";
  });
}
