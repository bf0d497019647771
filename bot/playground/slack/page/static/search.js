// Menus with options from the app, loaded while the user types.
import { suggest, toast, use } from "./page.js";

const TYPING_PAUSE = 150;
let typing = 0;

export function listenToSearch() {
  document.addEventListener("input", (event) => onBox(event, scheduleSearch));
  document.addEventListener("focusin", (event) => onBox(event, scheduleSearch));
  document.addEventListener("keydown", (event) => onBox(event, () => handleKey(event)));
  document.addEventListener("mousedown", (event) => {
    const option = event.target.closest(".found [role=option]");
    if (!option) return;
    event.preventDefault();
    addChoice(option.closest(".search"), option.dataset.value);
  });
  document.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-remove]")?.closest("[data-value]");
    if (chip) removeChoice(chip.closest(".search"), chip.dataset.value);
  });
}

export function closeList(search) {
  const { box, list } = partsOf(search);
  clearTimeout(typing);
  list.hidden = true;
  box.setAttribute("aria-expanded", "false");
  box.removeAttribute("aria-activedescendant");
}

function onBox(event, handle) {
  if (event.target.matches(".search [role=combobox]")) handle(event.target.closest(".search"));
}

const partsOf = (search) => ({
  box: search.querySelector("[role=combobox]"),
  list: search.querySelector(".found"),
});

const isMulti = (search) => search.dataset.kind.startsWith("multi");
const chosenIn = (search) => [...search.querySelectorAll(".chips [data-value]")].map((chip) => chip.dataset.value);

function scheduleSearch(search) {
  clearTimeout(typing);
  typing = setTimeout(() => loadOptions(search), TYPING_PAUSE);
}

async function loadOptions(search) {
  const { box, list } = partsOf(search);
  const text = box.value;
  if (text.length < Number(search.dataset.least)) {
    closeList(search);
    return;
  }
  list.setAttribute("aria-busy", "true");
  const outcome = await suggest(search, text);
  list.removeAttribute("aria-busy");
  if (box.value !== text || document.activeElement !== box) return;
  if (outcome.result !== "ok") toast("The options could not be loaded. Type again.");
  show(search, outcome.options);
}

function show(search, options) {
  const { box, list } = partsOf(search);
  const chosen = chosenIn(search);
  const open = options.filter((option) => !chosen.includes(option.value));
  list.replaceChildren(...open.map((option, number) => optionLine(`${list.id}-${number}`, option)));
  if (!open.length) list.append(line("No results", "nothing hint"));
  list.hidden = false;
  box.setAttribute("aria-expanded", "true");
  list.scrollIntoView({ block: "nearest" });
  markOption(search, list.querySelector("[role=option]"));
}

function optionLine(id, option) {
  const shown = line(option.text.text, "option");
  if (option.description) shown.append(line(option.description.text, "hint", "span"));
  shown.id = id;
  shown.setAttribute("role", "option");
  shown.dataset.value = option.value;
  return shown;
}

function line(text, kind, tag = "li") {
  const made = document.createElement(tag);
  made.className = kind;
  made.textContent = text;
  return made;
}

function markOption(search, option) {
  const { box, list } = partsOf(search);
  for (const each of list.querySelectorAll("[role=option]")) {
    each.setAttribute("aria-selected", String(each === option));
  }
  if (!option) return;
  box.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function handleKey(event) {
  const search = event.target.closest(".search");
  const { box, list } = partsOf(search);
  const marked = list.querySelector("[aria-selected=true]");
  const steps = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" };
  if (event.key in steps && !list.hidden) markOption(search, marked?.[steps[event.key]] ?? marked);
  else if (event.key === "ArrowDown") scheduleSearch(search);
  else if (event.key === "Enter" && !list.hidden && marked) addChoice(search, marked.dataset.value);
  else if (event.key === "Escape" && !list.hidden) closeList(search);
  else if (event.key === "Backspace" && !box.value && chosenIn(search).length) removeChoice(search, chosenIn(search).at(-1));
  else if (event.key !== "Enter") return;
  event.preventDefault();
}

async function addChoice(search, value) {
  const { box } = partsOf(search);
  box.value = "";
  closeList(search);
  await use(search, isMulti(search) ? [...chosenIn(search), value] : value);
  box.focus();
  if (!isMulti(search)) closeList(search);
}

async function removeChoice(search, value) {
  const rest = chosenIn(search).filter((each) => each !== value);
  await use(search, isMulti(search) ? rest : null);
  partsOf(search).box.focus();
}
