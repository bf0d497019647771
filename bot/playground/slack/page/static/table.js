// Sorts, filters and pages data tables. The server renders all rows in their own order.

const ORDERS = ["ascending", "descending"];

/** By table: the filter's text, the sorted column with its order, and the page. */
const states = new WeakMap();

export function listenToTables() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-sort], [data-turn]");
    const table = button?.closest(".data-table");
    if (!table) return;
    if ("sort" in button.dataset) sortBy(table, Number(button.dataset.sort));
    else change(table, { page: stateOf(table).page + Number(button.dataset.turn) });
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-filter]")) {
      change(event.target.closest(".data-table"), { filter: event.target.value, page: 0 });
    }
  });
  arrangeTables();
}

/** Applies the users' choices after the page was rendered. */
export function arrangeTables() {
  document.querySelectorAll(".data-table").forEach(arrange);
}

const stateOf = (table) => states.get(table) ?? { filter: "", column: null, order: null, page: 0 };

function change(table, changed) {
  states.set(table, { ...stateOf(table), ...changed });
  arrange(table);
}

/** Ascending, then descending, then the order of the message. */
function sortBy(table, column) {
  const state = stateOf(table);
  const order = state.column === column ? ORDERS[ORDERS.indexOf(state.order) + 1] : ORDERS[0];
  change(table, { column: order ? column : null, order: order ?? null, page: 0 });
}

function arrange(table) {
  const state = stateOf(table);
  const size = Number(table.dataset.pageSize);
  const body = table.querySelector("tbody");
  const rows = [...body.rows].sort(comparison(table, state));
  const found = rows.filter((row) => matches(row, state.filter));
  const pages = Math.max(1, Math.ceil(found.length / size));
  const page = Math.min(Math.max(state.page, 0), pages - 1);
  const shown = new Set(found.slice(page * size, (page + 1) * size));
  if (rows.some((row, place) => body.rows[place] !== row)) body.append(...rows);
  for (const row of rows) row.hidden = !shown.has(row);
  states.set(table, { ...state, page });
  markOrder(table, state);
  showPages(table, { page, pages, size, found: found.length, all: rows.length });
}

function comparison(table, { column, order }) {
  const placeOf = (row) => Number(row.dataset.row);
  if (column === null) return (one, other) => placeOf(one) - placeOf(other);
  const isNumeric = table.querySelectorAll("thead th")[column].classList.contains("number");
  const sign = order === "descending" ? -1 : 1;
  const compare = isNumeric
    ? (one, other) => Number(one.dataset.value) - Number(other.dataset.value)
    : (one, other) => one.textContent.localeCompare(other.textContent);
  return (one, other) => sign * compare(one.cells[column], other.cells[column]) || placeOf(one) - placeOf(other);
}

const matches = (row, filter) => row.textContent.toLowerCase().includes(filter.trim().toLowerCase());

function markOrder(table, { column, order }) {
  table.querySelectorAll("thead th").forEach((header, place) => {
    if (place === column) header.setAttribute("aria-sort", order);
    else header.removeAttribute("aria-sort");
  });
}

function showPages(table, { page, pages, size, found, all }) {
  const [previous, next] = table.querySelectorAll("[data-turn]");
  previous.setAttribute("aria-disabled", String(page === 0));
  next.setAttribute("aria-disabled", String(page === pages - 1));
  previous.parentElement.hidden = pages === 1;
  table.querySelector("[role=status]").textContent = summary({ first: page * size + 1, size, found, all });
}

function summary({ first, size, found, all }) {
  if (!found) return "No rows match";
  const last = Math.min(first + size - 1, found);
  const range = first === last ? `${last}` : `${first}–${last}`;
  return found === all ? `${range} of ${all}` : `${range} of ${found} that match`;
}
