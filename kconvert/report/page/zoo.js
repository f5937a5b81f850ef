"use strict";
const body = document.querySelector("#table tbody"), rows = [...body.rows], count = document.querySelector("#count");
const counted = n => `${n.toLocaleString("en")} model${n === 1 ? "" : "s"}`;
document.querySelector("#filter").addEventListener("input", event => {
  const wanted = event.target.value.toLowerCase();
  let shown = 0;
  for (const row of rows) shown += !(row.hidden = !row.textContent.toLowerCase().includes(wanted));
  count.textContent = counted(shown);
});
document.querySelectorAll("#table th").forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
  const isUp = head.getAttribute("aria-sort") !== "ascending";
  document.querySelectorAll("#table th").forEach(other => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
  const text = row => row.cells[column].textContent;
  rows.sort((a, b) => text(a).localeCompare(text(b), "en", {numeric: true}) * (isUp ? 1 : -1));
  body.append(...rows);
}));
