// Only improves what is there: search, filters, keys, links. The report is complete without it.
(function () {
  "use strict";
  var root = document.documentElement;
  var byId = function (id) { return document.getElementById(id); };
  var list = byId("list"), search = byId("search"), area = byId("area"), order = byId("order"), shown = byId("shown");
  var groups = Array.from(list.querySelectorAll("section.area"));
  var actions = Array.from(list.querySelectorAll("details.action"));
  var chips = Array.from(document.querySelectorAll(".chips button"));
  var homes = new Map(actions.map(function (action) { return [action, action.parentElement]; }));
  var areas = new Map(actions.map(function (action) { return [action, action.parentElement.id.slice("area-".length)]; }));
  var texts = new Map();
  root.classList.add("scripted");

  function textOf(action) {
    if (!texts.has(action)) { texts.set(action, action.textContent.toLowerCase().replace(/\s+/g, " ")); }
    return texts.get(action);
  }

  function pressed() {
    return chips.filter(function (chip) { return chip.getAttribute("aria-pressed") === "true"; })
      .map(function (chip) { return chip.dataset.verdict; });
  }

  function filter() {
    var words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    var verdicts = pressed(), count = 0;
    actions.forEach(function (action) {
      var fits = (!verdicts.length || verdicts.includes(action.dataset.verdict)) &&
        (!area.value || area.value === areas.get(action)) &&
        words.every(function (word) { return textOf(action).includes(word); });
      action.hidden = !fits;
      count += fits ? 1 : 0;
    });
    groups.forEach(function (group) {
      group.hidden = list.classList.contains("flat") || !group.querySelector("details.action:not([hidden])");
    });
    shown.textContent = count === actions.length ? "All " + count + " shown" : count + " of " + actions.length + " shown";
    byId("nothing").hidden = count > 0;
  }

  function arrange() {
    var flat = order.value === "first";
    list.classList.toggle("flat", flat);
    var sorted = actions.slice();
    if (flat) { sorted.sort(function (a, b) { return a.dataset.first - b.dataset.first; }); }
    sorted.forEach(function (action) { (flat ? list : homes.get(action)).append(action); });
    filter();
  }

  function press(verdicts) {
    chips.forEach(function (chip) { chip.setAttribute("aria-pressed", String(verdicts.includes(chip.dataset.verdict))); });
  }

  function clear() {
    search.value = "";
    area.value = "";
    press([]);
    filter();
  }

  function reveal() {
    var id = "";
    try { id = decodeURIComponent(location.hash.slice(1)); } catch (error) { return; }
    var target = id && byId(id);
    if (!target) { return; }
    if (target.matches("details.action, section.area") && (target.hidden || target.closest("[hidden]"))) {
      if (target.matches("section.area")) { order.value = ""; arrange(); }
      clear();
    }
    if (target.matches("details")) {
      target.open = true;
      target.scrollIntoView();
      target.querySelector("summary").focus({ preventScroll: true });
    }
  }

  function visible() {
    var found = Array.from(list.querySelectorAll("details.action"));
    return found.filter(function (action) { return !action.hidden; });
  }

  // Reading through: what is open closes, and the next opens in its place.
  function move(step) {
    var all = visible(), focused = document.activeElement && document.activeElement.closest("details.action");
    var at = all.indexOf(focused);
    var next = at < 0 ? all.findIndex(function (each) { return each.getBoundingClientRect().top > 0; }) : at + step;
    if (at < 0 && next < 0) { next = 0; }
    var target = all[next];
    if (!target) { return; }
    if (focused && focused.open) { focused.open = false; target.open = true; }
    target.querySelector("summary").focus({ preventScroll: true });
    target.scrollIntoView({ block: target.open ? "start" : "nearest" });
  }

  document.addEventListener("keydown", function (event) {
    var on = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) { return; }
    if (event.key === "Escape") { clear(); return; }
    if (on.matches("input, select, textarea, pre, .scroll")) { return; }
    var key = event.key, step = 0;
    if (key === "j" || key === "ArrowRight") { step = 1; }
    if (key === "k" || key === "ArrowLeft") { step = -1; }
    // Up and down scroll the page, except from one action's line to the next.
    if (on.matches("details.action > summary")) { step = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : step; }
    if (step) { event.preventDefault(); move(step); }
    if (key === "/") { event.preventDefault(); search.focus(); }
  });

  search.addEventListener("input", filter);
  area.addEventListener("change", filter);
  order.addEventListener("change", arrange);
  search.form.addEventListener("submit", function (event) { event.preventDefault(); });
  chips.forEach(function (chip) {
    chip.addEventListener("click", function () {
      chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
      filter();
    });
  });
  byId("clear").addEventListener("click", clear);
  byId("expand").addEventListener("click", function () { visible().forEach(function (action) { action.open = true; }); });
  byId("collapse").addEventListener("click", function () { actions.forEach(function (action) { action.open = false; }); });
  byId("print").addEventListener("click", function () { window.print(); });

  document.querySelectorAll("a[data-show], a[data-area]").forEach(function (link) {
    link.addEventListener("click", function () {
      search.value = "";
      press(link.dataset.show ? [link.dataset.show] : []);
      area.value = link.dataset.area || "";
      filter();
    });
  });

  // pytest-html draws its table anew on every click in a row, and a link would be gone before it is followed.
  document.addEventListener("click", function (event) {
    if (event.target.closest("#results-table td")) { event.stopPropagation(); }
    var link = event.target.closest("a[href^='#']");
    if (link && link.hash === location.hash) { reveal(); }
  }, true);
  window.addEventListener("hashchange", reveal);

  // What is opened by hand has its address in the address bar, to be handed on.
  list.addEventListener("click", function (event) {
    var summary = event.target.closest("details.action > summary");
    if (summary && !summary.parentElement.open) { history.replaceState(null, "", "#" + summary.parentElement.id); }
  });

  // On paper nothing is folded.
  var folded = [];
  window.addEventListener("beforeprint", function () {
    folded = Array.from(document.querySelectorAll("#posture details:not([open])"));
    folded.forEach(function (each) { each.open = true; });
  });
  window.addEventListener("afterprint", function () { folded.forEach(function (each) { each.open = false; }); });

  var themes = ["", "light", "dark"], names = { "": "as the system", light: "light", dark: "dark" };
  function theme(chosen) {
    root.dataset.theme = chosen;
    byId("theme").textContent = "Theme: " + names[chosen];
    try { localStorage.setItem("m365-theme", chosen); } catch (error) { /* files may have no storage */ }
  }
  byId("theme").addEventListener("click", function () { theme(themes[(themes.indexOf(root.dataset.theme || "") + 1) % 3]); });
  try { theme(themes.includes(localStorage.getItem("m365-theme")) ? localStorage.getItem("m365-theme") : ""); } catch (error) { theme(""); }

  filter();
  reveal();
  // pytest-html's table comes after us and pushes nothing above it, but its history entry may scroll: once more, when all is there.
  window.addEventListener("load", reveal);
}());
