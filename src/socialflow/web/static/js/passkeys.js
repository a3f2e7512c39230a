// Forms that a passkey fills in: <form data-passkey="get|create" data-options="/path"> with fields `state` and `credential`.
import { ApiError, api } from "./base.js";

/** Bytes of base64url. */
function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

/** Bytes as base64url. */
function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** What the API asks, in the form that the browser takes; `parse…OptionsFromJSON` is too young to rely on. */
function readable(json) {
  const asked = JSON.parse(json);
  const known = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));
  const read = { ...asked, challenge: bytes(asked.challenge) };
  if (asked.user) read.user = { ...asked.user, id: bytes(asked.user.id) };
  if (asked.excludeCredentials) read.excludeCredentials = known(asked.excludeCredentials);
  if (asked.allowCredentials) read.allowCredentials = known(asked.allowCredentials);
  return read;
}

/** What the device has answered, as JSON (WebAuthn, 5.1: PublicKeyCredential.toJSON). */
function sendable(credential) {
  const { response } = credential;
  const said = { clientDataJSON: text(response.clientDataJSON) };
  if (response.attestationObject) {
    said.attestationObject = text(response.attestationObject);
    said.transports = response.getTransports?.() ?? [];
  } else {
    said.authenticatorData = text(response.authenticatorData);
    said.signature = text(response.signature);
    if (response.userHandle) said.userHandle = text(response.userHandle);
  }
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: {},
    response: said,
  });
}

/** A sentence for people about what went wrong. */
function sentence(error) {
  if (error instanceof ApiError) return error.message;
  if (error.name === "InvalidStateError") return "This device has a passkey of this account already.";
  if (error.name === "SecurityError") return "Passkeys do not work at this address. Open the site at its proper one.";
  if (error.name === "NotAllowedError") return "Nothing was done: it was cancelled, took too long, or no passkey fits.";
  return "The passkey could not be used. Try again.";
}

class Ceremony {
  constructor(form) {
    this.form = form;
    this.place = form.querySelector("[data-fault]");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.run();
    });
    form.hidden = false;
  }

  async run() {
    const button = this.form.querySelector("[type=submit]");
    this.say("");
    button.disabled = true;
    try {
      const challenge = this.form.elements.challenge?.value;
      const asked = await api("POST", this.form.dataset.options, challenge ? { challenge } : undefined);
      const publicKey = readable(asked.options);
      const made = this.form.dataset.passkey === "create"
        ? await navigator.credentials.create({ publicKey })
        : await navigator.credentials.get({ publicKey });
      this.form.elements.state.value = asked.state;
      this.form.elements.credential.value = sendable(made);
      this.form.submit();
    } catch (error) {
      if (error.code === "step_up_required") {
        location.assign(`/confirm?lost=1&next=${encodeURIComponent(location.pathname)}`);
        return;
      }
      this.say(sentence(error));
      button.disabled = false;
    }
  }

  say(words) {
    this.place.textContent = words;
    this.place.hidden = !words;
  }
}

if (window.isSecureContext && window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) new Ceremony(form);
  for (const part of document.querySelectorAll("[data-with-passkey]")) part.hidden = false;
  for (const part of document.querySelectorAll("[data-without-passkey]")) part.remove();
}
