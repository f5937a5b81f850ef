"use strict";
// Progressive: without this script every link still leads to its layer further down. Nothing here makes HTML of text.
(() => {
  const one = (name, within = document) => within.querySelector(`[data-${name}]`);
  const graph = one("graph"), panel = one("panel"), detail = one("detail"), every = one("every"), split = one("split");
  const lines = [...graph.querySelectorAll("tr[data-row]")];
  const texts = lines.map((line) => line.dataset.text.toLowerCase());
  const nothing = one("nothing"), found = one("found"), find = one("find");
  const folded = new Set();
  let chosen = null;

  every.open = false;
  one("tools").hidden = false;

  const choose = (number, focus) => {
    const line = lines[number];
    if (!line) return;
    if (chosen) chosen.removeAttribute("aria-current");
    chosen = line.querySelector("a");
    chosen.setAttribute("aria-current", "true");
    const copy = document.getElementById(`layer-${number}`).cloneNode(true);
    copy.removeAttribute("id");
    detail.replaceChildren(copy);
    panel.hidden = false;
    split.classList.add("open");
    panel.scrollTop = 0;
    if (focus) detail.focus({ preventScroll: true });
  };

  const show = (number) => {
    if (lines[number].hidden) reset();
    lines[number].scrollIntoView({ block: "center" });
    graph.scrollIntoView({ block: "nearest" });
    choose(number, true);
  };

  const close = () => {
    panel.hidden = true;
    split.classList.remove("open");
    if (chosen) {
      chosen.removeAttribute("aria-current");
      chosen.focus();
      chosen = null;
    }
  };

  graph.addEventListener("click", (event) => {
    const fold = event.target.closest("[data-fold]");
    const line = event.target.closest("tr[data-row]");
    if (fold) {
      const number = Number(line.dataset.row);
      folded.has(number) ? folded.delete(number) : folded.add(number);
      fold.setAttribute("aria-expanded", String(!folded.has(number)));
      filter();
    } else if (line && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      choose(Number(line.dataset.row), event.detail === 0);
    }
  });

  graph.addEventListener("keydown", (event) => {
    const way = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[event.key];
    const line = event.target.closest("tr[data-row]");
    if (!way || !line) return;
    event.preventDefault();
    let next = Number(line.dataset.row) + way;
    while (lines[next] && lines[next].hidden) next += way;
    if (!lines[next]) return;
    lines[next].querySelector("a").focus();
    if (!panel.hidden) choose(next, false);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) close();
  });
  one("close").addEventListener("click", close);

  const filter = () => {
    const wanted = find.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const kind = document.querySelector("input[name=show]:checked").value;
    let count = 0, depth = Infinity;
    lines.forEach((line, number) => {
      const level = Number(line.dataset.depth);
      if (level <= depth) depth = folded.has(number) ? level : Infinity;
      const inside = level > depth;
      const fits =
        wanted.every((word) => texts[number].includes(word)) &&
        (kind === "all" ||
          (kind === "differs" ? line.classList.contains("wrong") : !["same", "words"].includes(line.classList[0])));
      line.hidden = inside || !fits;
      if (!line.hidden) count += 1;
    });
    const sifted = wanted.length > 0 || kind !== "all";
    graph.classList.toggle("sifted", sifted);
    nothing.hidden = count > 0;
    found.textContent = sifted ? `${count} of ${lines.length} layers` : "";
  };

  const reset = () => {
    find.value = "";
    document.querySelector("input[name=show][value=all]").checked = true;
    folded.clear();
    graph.querySelectorAll("[data-fold]").forEach((button) => button.setAttribute("aria-expanded", "true"));
    filter();
  };

  find.addEventListener("input", filter);
  one("tools").addEventListener("change", filter);
  one("tools").addEventListener("submit", (event) => event.preventDefault());
  graph.querySelectorAll("[data-fold]").forEach((button) => (button.hidden = false));

  const overview = one("overview");
  if (overview) {
    overview.addEventListener("click", (event) => {
      const box = overview.getBoundingClientRect();
      const number = Math.floor(((event.clientX - box.left) / box.width) * lines.length);
      show(Math.min(lines.length - 1, Math.max(0, number)));
    });
  }

  const plot = one("plot");
  if (plot) {
    const readout = one("readout"), drawing = plot.querySelector(".dots"), dots = [...drawing.querySelectorAll("circle")];
    let near = null;
    const nearest = (event) => {
      const box = drawing.getBoundingClientRect();
      const place = Math.floor(((event.clientX - box.left) / box.width) * dots.length);
      return dots[Math.min(dots.length - 1, Math.max(0, place))];
    };
    const mark = (dot) => {
      if (near) near.classList.remove("near");
      near = dot;
      if (near) near.classList.add("near");
      readout.textContent = near ? near.dataset.says : "";
    };
    drawing.addEventListener("pointermove", (event) => mark(nearest(event)));
    drawing.addEventListener("pointerleave", () => mark(null));
    drawing.addEventListener("click", (event) => {
      const dot = nearest(event);
      if (dot.dataset.row !== "") show(Number(dot.dataset.row));
    });
  }

  const follow = () => {
    const match = /^#layer-(\d+)$/.exec(location.hash);
    if (match && lines[match[1]]) show(Number(match[1]));
  };
  addEventListener("hashchange", follow);
  follow();
})();
