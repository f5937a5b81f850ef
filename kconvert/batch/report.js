const body = document.querySelector("tbody"), rows = [...body.rows];
document.querySelector("#filter").addEventListener("input", event => {
  const wanted = event.target.value.toLowerCase();
  for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
});
document.querySelectorAll("th").forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
  const up = head.getAttribute("aria-sort") !== "ascending";
  document.querySelectorAll("th").forEach(other => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const text = row => row.cells[column].textContent;
  rows.sort((a, b) => text(a).localeCompare(text(b), undefined, {numeric: true}) * (up ? 1 : -1));
  body.append(...rows);
}));
