// A picture that people can react by: it is sent while staff give it a name.
import { meta } from "./base.js";
import { Upload } from "./tus.js";

const form = document.querySelector("[data-emoji]");
const input = form.querySelector("[data-file]");
const say = form.querySelector("[data-say]");
const send = form.querySelector("[type=submit]");

input.addEventListener("change", () => {
  const [file] = input.files;
  send.disabled = true;
  if (!file) return;
  say.textContent = "Uploading …";
  const upload = new Upload(file, {
    viewer: meta("viewer"),
    purpose: "emoji",
    tell: {
      created: () => {},
      progress: () => {},
      waiting: () => {},
      done: () => {
        form.querySelector("[name=upload_id]").value = upload.id;
        say.textContent = "The picture is there.";
        send.disabled = false;
      },
      failed: (error) => {
        say.textContent = error.message;
      },
    },
  });
  upload.start();
});
