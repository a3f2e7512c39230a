// Recovery codes: copied, saved as a file, printed.
import { toast } from "./base.js";

const place = document.querySelector("[data-codes]");
const codes = [...document.querySelectorAll("#codes code")].map((code) => code.textContent);

function save() {
  const lines = [place.dataset.codes, "Recovery codes; each works once.", "", ...codes, ""];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([lines.join("\n")], { type: "text/plain" }));
  link.download = "recovery-codes.txt";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

place.hidden = false;
place.querySelector("[data-print]").addEventListener("click", () => window.print());
place.querySelector("[data-download]").addEventListener("click", save);
place.querySelector("[data-copy]").addEventListener("click", () => {
  navigator.clipboard.writeText(codes.join("\n")).then(
    () => toast("The codes are copied."),
    () => toast("They could not be copied. Mark them and copy by hand.", "error"),
  );
});
