// The wallboard: one panel after the other, paused by a key, and the age of its figures once the connection is lost.
"use strict";
(function () {
  const wall = document.querySelector("[data-wall]");
  const panels = [...wall.querySelectorAll(".wall-panel")];
  const dots = [...document.querySelectorAll(".wall-dots span")];
  const lost = document.querySelector("[data-wall-lost]"), said = document.querySelector("[data-wall-said]");
  const pauseButton = document.querySelector("[data-wall-pause]");
  const seconds = Number(wall.dataset.seconds);
  let at = 0, paused = false, since = Date.now(), fresh = Date.now(), broken = false;

  function show(index) {
    at = (index + panels.length) % panels.length;
    panels.forEach((panel, i) => { panel.hidden = i !== at; });
    dots.forEach((dot, i) => dot.classList.toggle("on", i === at));
    since = Date.now();
  }
  function pause(now) {
    paused = now;
    since = Date.now();
    said.textContent = paused ? said.dataset.paused : "";
    pauseButton.textContent = paused ? pauseButton.dataset.go : pauseButton.dataset.pause;
    pauseButton.setAttribute("aria-pressed", String(paused));
  }
  function age() {
    const passed = Math.round((Date.now() - fresh) / 1000);
    return passed < 120 ? `${passed} s` : passed < 7200 ? `${Math.round(passed / 60)} min` : `${Math.round(passed / 3600)} h`;
  }
  function tell() {
    const text = broken ? lost.dataset.text.replace("…", age()) : "";
    if (lost.textContent !== text) lost.textContent = text;
    lost.hidden = !broken;
  }
  const full = () => { if (document.fullscreenElement) document.exitFullscreen(); else document.documentElement.requestFullscreen().catch(() => {}); };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.wallStep) show(at + Number(button.dataset.wallStep));
    if (button.dataset.wallPause !== undefined) pause(!paused);
    if (button.dataset.wallFull !== undefined) full();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const onControl = event.target.closest("button, a");
    if (event.key === "ArrowRight") show(at + 1);
    else if (event.key === "ArrowLeft") show(at - 1);
    else if (event.key === "p" || event.key === "P" || (event.key === " " && !onControl)) { pause(!paused); event.preventDefault(); }
    else if (event.key === "f" || event.key === "F") full();
  });
  // every minute each panel asks again; one answer says that the connection stands
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) { broken = false; fresh = Date.now(); event.detail.elt.removeAttribute("aria-busy"); } else broken = true;
    tell();
  });
  addEventListener("offline", () => { broken = true; tell(); });
  setInterval(() => {
    if (!paused && panels.length > 1 && Date.now() - since >= seconds * 1000) show(at + 1);
    if (broken) tell();
  }, 500);
  show(0);
})();
