// Makes one tree like another, and leaves alone what need not change: focus, scroll positions,
// open menus and what is being typed stay.

const OURS = new Set(["open", "aria-busy", "aria-invalid", "aria-expanded", "aria-activedescendant"]);

/** Elements with `data-own` belong to the script: their children and `hidden` stay. */
export function morph(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  copyAttributes(old, fresh);
  if (!old.hasAttribute("data-own")) morphChildren(old, fresh);
}

function copyAttributes(old, fresh) {
  const isOurs = (name) => OURS.has(name) || (name === "hidden" && old.hasAttribute("data-own"));
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !isOurs(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && !isOurs(name)) old.setAttribute(name, value);
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

/** A dialog that is closed first gives the focus back to where it was. */
function remove(node) {
  if (node.nodeName === "DIALOG" && node.open) node.close();
  node.remove();
}
