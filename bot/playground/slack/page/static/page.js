// Sends user actions, and updates the page with newly rendered HTML from the server.
import { morph } from "./morph.js";
import { closeList, listenToSearch } from "./search.js";
import { arrangeTables, listenToTables } from "./table.js";

const user = document.body.dataset.user;
const app = document.body.dataset.app;
const SECONDS_OF_A_TOAST = 8;
const WAIT = 20;

const ERROR_TEXTS = {
  operation_timeout: `${app} did not answer within 3 seconds (operation_timeout). Try again.`,
  dispatch_failed: `${app} is not connected to this workspace (dispatch_failed).`,
  not_configured: `${app} does not support this action (not_configured).`,
  gone: "This no longer exists.",
  invalid_response: `${app} sent an invalid answer (invalid_response). Try again.`,
};

// --- Updating the page

let known = Number(document.getElementById("page").dataset.feed);
let rendering = Promise.resolve();

/** Renders the page again, after a rendering in progress. */
function refresh() {
  rendering = rendering.catch(() => {}).then(renderAgain);
  return rendering;
}

async function renderAgain() {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const atEnd = [...document.querySelectorAll("[data-scroll]")].filter(isAtEnd);
  document.title = fresh.title;
  morph(document.getElementById("page"), fresh.getElementById("page"));
  known = Number(document.getElementById("page").dataset.feed);
  arrangeTables();
  atEnd.forEach(scrollToEnd);
  openModal();
}

const isAtEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 40;
const scrollToEnd = (box) => (box.scrollTop = box.scrollHeight);

function openModal() {
  const modal = document.querySelector("dialog[data-modal]:not([open])");
  if (!modal) return;
  modal.showModal();
  modal.querySelector("[autofocus], [data-input] :is(input, textarea, select)")?.focus();
}

async function follow() {
  const offline = document.getElementById("offline");
  for (;;) {
    try {
      const answer = await fetch(`/_control/feed?after=${known}&wait=${WAIT}`);
      const { changes } = await answer.json();
      if (changes.length || !offline.hidden) await refresh();
      offline.hidden = true;
    } catch {
      offline.hidden = false;
      await new Promise((resume) => setTimeout(resume, 1000));
    }
  }
}

// --- User actions

async function send(act, body) {
  const answer = await fetch(`/_control/actions/${act}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ user, ...body }),
  });
  const outcome = await answer.json();
  return answer.ok ? outcome : { result: "refused", detail: outcome.error, errors: {} };
}

/** Sends a user action. `control` is shown as busy until the app has answered. Shows errors. */
async function act(name, body, control) {
  if (control?.getAttribute("aria-busy") === "true") return null;
  control?.setAttribute("aria-busy", "true");
  try {
    const outcome = await send(name, body);
    if (outcome.result !== "ok" && !Object.keys(outcome.errors).length) {
      toast(ERROR_TEXTS[outcome.result] ?? outcome.detail);
    }
    await refresh();
    return outcome;
  } catch {
    toast("The workspace is not responding.");
    return null;
  } finally {
    control?.removeAttribute("aria-busy");
  }
}

/** The surface and the IDs of an element. */
function elementAddress(control) {
  const { action, block } = control.dataset;
  const where = JSON.parse(control.closest("[data-where]").dataset.where);
  return { ...where, action_id: action, block_id: block };
}

export async function use(control, value) {
  const dialog = document.getElementById(control.dataset.confirm ?? "");
  if (dialog && !(await isConfirmed(dialog))) {
    await refresh();
    return;
  }
  const form = control.closest("[data-submit]");
  const body = {
    ...elementAddress(control),
    ...(dialog && { confirm: true }),
    ...(value !== undefined && { value }),
    ...(form && { entered: valuesIn(form) }),
  };
  await act("use", body, control);
}

export const suggest = (control, text) => send("suggest", { ...elementAddress(control), value: text });

function isConfirmed(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

export function toast(text) {
  const line = document.createElement("p");
  line.textContent = text;
  document.getElementById("toasts").append(line);
  setTimeout(() => line.remove(), SECONDS_OF_A_TOAST * 1000);
}

// --- Fields

/** The value of a field, for the control API. */
function valueOf(field) {
  switch (field.dataset.kind) {
    case "radio_buttons":
      return field.querySelector(":checked")?.value ?? null;
    case "checkboxes":
      return [...field.querySelectorAll(":checked")].map((box) => box.value);
    case "multi_external_select":
      return chipsOf(field);
    case "external_select":
      return chipsOf(field)[0] ?? null;
    default:
      return field.multiple ? [...field.selectedOptions].map((one) => one.value) : field.value || null;
  }
}

const chipsOf = (field) => [...field.querySelectorAll(".chips [data-value]")].map((chip) => chip.dataset.value);

/** The values of all fields of a modal, by action ID. */
function valuesIn(form) {
  const fields = [...form.querySelectorAll("[data-input] [data-action]")];
  return Object.fromEntries(fields.map((field) => [field.dataset.action, valueOf(field)]));
}

async function submit(form) {
  const outcome = await act("submit", { values: valuesIn(form) }, form.querySelector("[type=submit]"));
  if (outcome && form.isConnected) showErrors(form, outcome.errors);
}

function showErrors(form, errors) {
  let first = null;
  for (const input of form.querySelectorAll("[data-input]")) {
    const error = errors[input.dataset.inputBlock] ?? "";
    const field = input.querySelector("[role=combobox], input, textarea, select");
    input.querySelector(".error").textContent = error;
    field.setAttribute("aria-invalid", String(Boolean(error)));
    if (error) first ??= field;
  }
  first?.focus();
}

// --- Writing messages

async function write(form) {
  const text = form.querySelector("textarea");
  const { channel, thread } = form.dataset;
  const written = text.value.trim();
  if (!written) return;
  if (written.startsWith("/") && thread) {
    toast("Slash commands do not work in threads.");
    return;
  }
  const outcome = written.startsWith("/")
    ? await act("command", { channel, line: written }, form)
    : await act("write", { channel, text: escaped(written), ...(thread && { thread_ts: thread }) }, form);
  if (outcome?.result === "ok") {
    text.value = "";
    showHints(text);
    document.querySelectorAll("[data-scroll]").forEach(scrollToEnd);
  }
}

/** Escapes text as Slack's client does. */
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

function showHints(text) {
  const hints = document.getElementById(`${text.form.id}-hints`);
  if (!hints) return;
  const typed = text.value.split(" ")[0];
  for (const hint of hints.children) {
    const { command } = hint.dataset;
    hint.hidden = !(text.value.startsWith("/") && command.startsWith(typed));
  }
  hints.hidden = [...hints.children].every((hint) => hint.hidden);
}

// --- Event listeners

document.addEventListener("click", (event) => {
  const found = (selector) => event.target.closest(selector);
  const button = found("button[data-use]");
  const answer = found("[data-answer]");
  const closing = found("[data-close]");
  const joining = found("[data-join]");
  if (button) use(button);
  if (answer) answer.closest("dialog").close(answer.dataset.answer);
  if (closing) act("close", {}, closing);
  if (joining) act("join", { channel: joining.dataset.join }, joining);
});

// Slack sends a text when the user presses Enter or types a character, as the input says.
const TEXT = "input[type=text][data-use], textarea[data-use]";
const sendsOn = (field, trigger) => (field.dataset.triggers ?? "on_enter_pressed").split(" ").includes(trigger);

document.addEventListener("change", (event) => {
  const field = event.target.closest("[data-use]:not(button, .search)");
  if (field && !field.matches(TEXT)) use(field, valueOf(field));
});

document.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.target.matches("[data-submit]")) submit(event.target);
  else write(event.target);
});

document.addEventListener("input", (event) => {
  const field = event.target;
  if (field.matches(".composer textarea")) showHints(field);
  if (field.matches(TEXT) && sendsOn(field, "on_character_entered")) use(field, valueOf(field));
});

document.addEventListener("keydown", (event) => {
  if (event.target.matches(TEXT) && event.key === "Enter" && !event.isComposing) {
    event.preventDefault();
    if (sendsOn(event.target, "on_enter_pressed")) use(event.target, valueOf(event.target));
  }
  if (event.target.matches(".composer textarea") && event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
});

// Escape closes a window by a user action, so that the app is notified.
document.addEventListener(
  "cancel",
  (event) => {
    if (!event.target.matches("[data-modal]")) return;
    event.preventDefault();
    act("close", {}, event.target.querySelector("[data-close]"));
  },
  true,
);

document.addEventListener("focusout", (event) => {
  const search = event.target.closest(".search");
  if (search && !search.contains(event.relatedTarget)) closeList(search);
});

listenToSearch();
listenToTables();
document.querySelectorAll("[data-scroll]").forEach(scrollToEnd);
openModal();
if ("opensHome" in document.body.dataset) send("home", {});
follow();
