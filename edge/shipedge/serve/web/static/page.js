// What a page does by itself; without it, every page works by being loaded again.
"use strict";
(() => {
  const PERIOD_MS = 2000;
  const cards = [...document.querySelectorAll("article[data-id]")];
  if (!cards.length) return;
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

  const set = (card, field, text) => {
    const element = card.querySelector(`[data-field="${field}"]`);
    if (element && element.textContent !== text) element.textContent = text;
    return element;
  };

  for (const card of cards) {
    const image = card.querySelector("img");
    const button = card.querySelector("button.pause");
    if (!button) continue;
    const name = card.querySelector("h2").textContent;
    const show = (runs) => {
      image.src = runs ? image.dataset.stream : `${image.dataset.still}?${Date.now()}`;
      button.textContent = runs ? "Pause" : "Play";
      button.setAttribute("aria-label", `${runs ? "Pause" : "Play"} the image of ${name}`);
      button.dataset.runs = runs ? "1" : "";
    };
    button.hidden = false;
    button.addEventListener("click", () => show(!button.dataset.runs));
    show(!calm);
    // A stream that breaks off, as when the service is started again, is taken up again.
    image.addEventListener("error", () => setTimeout(() => button.dataset.runs && show(true), 3000));
  }

  const states = { opening: "connecting", live: "live", gap: "no frames", ended: "ended", failed: "failed" };
  const number = (value, digits = 0) => value.toFixed(digits);
  let before = "";
  const update = async () => {
    let line = "The service does not answer.";
    try {
      const answer = await fetch("/api/v1/status");
      if (answer.status === 401) return location.assign("/login");
      if (answer.ok) {
        const status = await answer.json();
        const known = new Map(status.sources.map((source) => [source.id, source]));
        for (const card of cards) {
          const source = known.get(card.dataset.id);
          const gone = { state: "ended", reason: "stopped", ships_now: 0, tracks: 0, fps: 0, frames: 0, dropped: 0, gaps: 0 };
          const now = source || gone;
          for (const field of ["ships_now", "tracks", "frames", "dropped", "gaps"]) set(card, field, number(now[field]));
          set(card, "fps", number(now.fps, 1));
          const aged = now.age_p50_ms == null ? "-" : `${number(now.age_p50_ms)}, ${number(now.age_p95_ms)} ms`;
          set(card, "age", aged);
          const badge = set(card, "state", states[now.state] + (now.reason ? `: ${now.reason}` : ""));
          badge.className = `badge ${now.state}`;
          const image = card.querySelector("img");
          if (source && source.shape.length) [image.height, image.width] = source.shape;
          if (!image.dataset.stream) image.src = `${image.dataset.still}?${Date.now()}`;
        }
        const live = status.sources.filter((source) => source.state === "live").length;
        const ships = status.sources.reduce((sum, source) => sum + source.ships_now, 0);
        line = `${live} of ${status.sources.length} sources live, ${ships} ${ships === 1 ? "ship" : "ships"} now`;
      }
    } catch { /* it is asked again */ }
    if (line !== before) document.getElementById("line").textContent = before = line;
  };
  setInterval(() => document.hidden || update(), PERIOD_MS);
})();
