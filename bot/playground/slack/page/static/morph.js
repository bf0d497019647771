// Updates one DOM tree to match another. Unchanged nodes are kept, with their focus, scroll position,
// open menus and typed text.

const SCRIPT_ATTRIBUTES = new Set(["open", "aria-busy", "aria-invalid", "aria-expanded", "aria-activedescendant", "aria-sort"]);

/** The script owns elements with `data-own`: their children and `hidden` are not changed. */
export function morph(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  copyAttributes(old, fresh);
  if (!old.hasAttribute("data-own")) morphChildren(old, fresh);
}

function copyAttributes(old, fresh) {
  const isScriptAttribute = (name) => SCRIPT_ATTRIBUTES.has(name) || (name === "hidden" && old.hasAttribute("data-own"));
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !isScriptAttribute(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && !isScriptAttribute(name)) old.setAttribute(name, value);
  }
}

function morphChildren(old, fresh) {
  const wanted = new Set([...fresh.children].map((child) => child.id).filter(Boolean));
  for (const child of [...old.children]) {
    if (child.id && !wanted.has(child.id)) remove(child);
  }
  const byId = new Map([...old.children].filter((child) => child.id).map((child) => [child.id, child]));
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const match = next.id ? byId.get(next.id) : isLike(at, next) && at;
    if (!match) {
      old.insertBefore(next, at);
      continue;
    }
    if (match === at) at = at.nextSibling;
    else old.insertBefore(match, at);
    if (match.nodeName === next.nodeName) morph(match, next);
    else match.replaceWith(next);
  }
  while (at) {
    const rest = at;
    at = at.nextSibling;
    remove(rest);
  }
}

const isLike = (old, fresh) => old && old.nodeName === fresh.nodeName && !old.id;

/** Closes a dialog first, which restores the focus. */
function remove(node) {
  if (node.nodeName === "DIALOG" && node.open) node.close();
  node.remove();
}
