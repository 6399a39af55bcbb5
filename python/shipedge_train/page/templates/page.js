"use strict";

// Numbers first, in order; what has none comes last whatever the direction.
function compare(a, b, direction) {
  if (a === "" || b === "") return (a === "") - (b === "");
  return direction * (Number(a) - Number(b));
}

const names = new Intl.Collator("en", { numeric: true });

for (const gallery of document.querySelectorAll(".gallery")) {
  const find = (selector) => gallery.querySelector(selector);
  const box = find(".cards");
  const cards = [...box.children];

  function sort() {
    const key = find(".sort").value;
    const direction = Number(find(".order").value);
    const by = (a, b) =>
      (key === "" ? direction * names.compare(a.dataset.name, b.dataset.name)
                  : compare(a.dataset["n" + key], b.dataset["n" + key], direction)
                    || names.compare(a.dataset.name, b.dataset.name));
    box.append(...[...cards].sort(by));
  }

  function filter() {
    const part = find(".name").value.toLowerCase();
    const key = find(".key")?.value;
    const low = find(".low")?.value ?? "";
    const high = find(".high")?.value ?? "";
    let shown = 0;
    for (const card of cards) {
      const value = card.dataset["n" + key] ?? "";
      const inside = (low === "" || (value !== "" && Number(value) >= Number(low)))
        && (high === "" || (value !== "" && Number(value) <= Number(high)));
      card.hidden = !(inside && card.dataset.name.toLowerCase().includes(part));
      shown += !card.hidden;
    }
    find(".count").textContent = `${shown} of ${cards.length} images`;
  }

  for (const selector of [".sort", ".order"]) find(selector).addEventListener("change", sort);
  for (const selector of [".name", ".key", ".low", ".high"]) find(selector)?.addEventListener("input", filter);
  for (const show of gallery.querySelectorAll(".show")) {
    show.addEventListener("change", () => gallery.classList.toggle("hide-" + show.value, !show.checked));
  }
  const enlarge = (event) => event.target.closest(".card")?.classList.toggle("large");
  box.addEventListener("click", enlarge);
  box.addEventListener("keydown", (event) => { if (event.key === "Enter") enlarge(event); });
  if (find(".sort").value !== "") sort();
  filter();
}

for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0];
  table.querySelectorAll("th button").forEach((button, column) => {
    let direction = -1; // numbers from the highest, texts from A
    button.addEventListener("click", () => {
      const cell = (row) => row.cells[column];
      const by = (a, b) =>
        (cell(a).dataset.value !== undefined && cell(b).dataset.value !== undefined
          ? compare(cell(a).dataset.value, cell(b).dataset.value, direction)
          : -direction * names.compare(cell(a).textContent, cell(b).textContent));
      body.append(...[...body.rows].sort(by));
      direction = -direction;
    });
  });
}
