// Passkeys: ask the server for a challenge, let the device sign it, send the answer as a form.
"use strict";

const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");

async function signed(kind, options) {
  options.challenge = toBytes(options.challenge);
  for (const list of [options.excludeCredentials, options.allowCredentials])
    for (const one of list ?? []) one.id = toBytes(one.id);
  if (options.user) options.user.id = toBytes(options.user.id);
  const made = await navigator.credentials[kind]({ publicKey: options });
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
    if (made.response[name]) response[name] = toText(made.response[name]);
  return JSON.stringify({ id: made.id, rawId: toText(made.rawId), type: made.type, response });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  const without = form.parentElement.querySelector("[data-without-passkeys]");
  if (without) without.hidden = true;
  const why = form.querySelector("[role=alert]");
  const say = (words) => {
    why.textContent = words;
    why.hidden = false;
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    why.hidden = true;
    form.elements.credential.value = "";
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
      const told = await answer.json();
      if (!answer.ok) return say(told.why);
      form.elements.credential.value = await signed(form.dataset.passkey, told);
      form.submit();
    } catch {
      say(form.dataset.failed);
    }
  });
}
