// What pages need of a script: the switch between light and dark, tidy addresses, charts, copying. No page needs it to be read.
"use strict";
(function () {
  const root = document.documentElement;
  // What scripts say comes in the reader's language with the page.
  let words = null;
  const say = (text) => (words ??= JSON.parse(document.body.dataset.words || "{}"))[text] || text;
  root.classList.add("js");
  const kept = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  if (kept()) root.dataset.theme = kept();
  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;

  // Charts come as a specification in the colours of light paper; they are drawn in those of the page.
  const PAPER = { "#1d2423": "--ink", "#5b6765": "--muted", "#dde3e0": "--line", "#0f6b5c": "--accent", "#9a6b1f": "--second", "#b3401f": "--bad" };
  function coloured(value, style) {
    if (typeof value === "string") return PAPER[value] ? style.getPropertyValue(PAPER[value]).trim() : value;
    if (Array.isArray(value)) return value.map((v) => coloured(v, style));
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, coloured(v, style)]));
    return value;
  }
  async function draw(box) {
    if (!window.vegaEmbed) return;
    if (!box.spec) {
      const answer = await fetch(box.dataset.chart, { headers: { accept: "application/json" } });
      if (!answer.ok) { box.textContent = say("The chart could not be loaded; the table below has the values."); return; }
      box.spec = await answer.json();
    }
    if (box.drawing) box.drawing.finalize();
    // ast: Vega interprets its expressions instead of compiling them, so that the policy needs no unsafe-eval
    box.drawing = await vegaEmbed(box, coloured(box.spec, getComputedStyle(root)), {
      actions: false, ast: true, renderer: "svg", defaultStyle: false, tooltip: { disableDefaultStyle: true },
    });
    box.classList.add("drawn");
  }
  const drawAll = () => document.querySelectorAll("[data-chart]").forEach((box) => draw(box));

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button && button.dataset.themeSwitch !== undefined) {
      root.dataset.theme = isDark() ? "light" : "dark";
      try { localStorage.setItem("theme", root.dataset.theme); } catch { /* not kept then */ }
      drawAll();
    }
    if (button && button.dataset.navToggle !== undefined) {
      const open = document.getElementById("pages").classList.toggle("open");
      button.setAttribute("aria-expanded", String(open));
    }
    if (button && button.dataset.copy !== undefined) {
      const said = (text) => { button.textContent = text; setTimeout(() => { button.textContent = say("Copy"); }, 1600); };
      const text = button.closest(".copy").querySelector("pre");
      if (navigator.clipboard) navigator.clipboard.writeText(text.textContent).then(() => said(say("Copied")), () => said(say("Not allowed")));
      else { getSelection().selectAllChildren(text); said(say("Selected")); }
    }
    document.querySelectorAll("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.menu[open]").forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
  });
  document.addEventListener("htmx:configRequest", (event) => {
    const words = event.detail.parameters;
    for (const name of Object.keys(words)) if (words[name] === "") delete words[name];
    if (words.period && words.period !== "custom") { delete words.from; delete words.to; }
    if (words.compare && words.compare !== "custom") { delete words.against_from; delete words.against_to; }
  });
  // What is wider than its frame is scrolled by keyboard too.
  const reachable = () => document.querySelectorAll(".scroll:not([tabindex])").forEach((frame) => { if (frame.scrollWidth > frame.clientWidth) frame.tabIndex = 0; });
  window.addEventListener("resize", reachable);
  document.addEventListener("DOMContentLoaded", reachable);
  document.addEventListener("toggle", reachable, true);
  document.addEventListener("htmx:afterSettle", (event) => { event.detail.target.removeAttribute("aria-busy"); drawAll(); reachable(); });
  // A piece that asks again and again keeps what it shows, says that the connection is lost, and goes on trying.
  const tellLost = (live, lost) => { live.querySelectorAll("[data-lost]").forEach((said) => { said.hidden = !lost; }); };
  document.addEventListener("htmx:afterRequest", (event) => {
    const live = event.detail.elt.closest("[data-live]");
    if (live && event.detail.successful) tellLost(live, false);
  });
  const failed = (event) => {
    const live = event.detail.elt.closest("[data-live]");
    if (live && live === event.detail.elt) { tellLost(live, true); return; }
    const said = document.createElement("p");
    said.className = "error";
    said.setAttribute("role", "alert");
    said.textContent = say("This could not be loaded. Open the page again; if it stays, tell an administrator.");
    const target = event.detail.target;
    if (target.id === "main") target.prepend(said);
    else target.replaceChildren(said);
  };
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  addEventListener("load", drawAll);
})();
