// Only improves what is there: search, filters, keys, links. The report is complete without it.
(function () {
  "use strict";
  var root = document.documentElement;
  var byId = function (id) { return document.getElementById(id); };
  var list = byId("list"), search = byId("search"), area = byId("area"), order = byId("order"), shown = byId("shown");
  var kinds = [byId("basis"), byId("word"), byId("impact")];
  var groups = Array.from(list.querySelectorAll("section.area"));
  var actions = Array.from(list.querySelectorAll("details.action"));
  var chips = Array.from(document.querySelectorAll(".chips button"));
  var sections = Array.from(document.querySelectorAll("main > section[id]"));
  var homes = new Map(actions.map(function (action) { return [action, action.parentElement]; }));
  var texts = new Map();
  root.classList.add("scripted");

  function textOf(element) {
    if (!texts.has(element)) {
      var own = element.textContent;
      // An action tells the short of its evidence; what stands in the index is found with it.
      if (element.matches("details.action")) {
        element.querySelectorAll("ul.ev a").forEach(function (link) { own += " " + textOf(byId(link.hash.slice(1))); });
      }
      texts.set(element, own.toLowerCase().replace(/\s+/g, " "));
    }
    return texts.get(element);
  }

  function wanted() { return search.value.toLowerCase().split(/\s+/).filter(Boolean); }

  function pressed() {
    return chips.filter(function (chip) { return chip.getAttribute("aria-pressed") === "true"; })
      .map(function (chip) { return chip.dataset.verdict; });
  }

  function filter() {
    var words = wanted(), verdicts = pressed(), count = 0;
    actions.forEach(function (action) {
      var fits = (!verdicts.length || verdicts.includes(action.dataset.verdict)) &&
        (!area.value || "area-" + area.value === homes.get(action).id) &&
        kinds.every(function (kind, place) { return !kind.value || kind.value === action.dataset.k[place]; }) &&
        words.every(function (word) { return textOf(action).includes(word); });
      action.hidden = !fits;
      count += fits ? 1 : 0;
    });
    groups.forEach(function (group) {
      group.hidden = list.classList.contains("flat") || !group.querySelector("details.action:not([hidden])");
    });
    shown.textContent = count === actions.length ? "All " + count + " shown" : count + " of " + actions.length + " shown";
    byId("nothing").hidden = count > 0;
    elsewhere(words);
    highlight(words);
  }

  // The same words in the other sections: a line that says where, and how often.
  function elsewhere(words) {
    var said = byId("elsewhere"), found = [];
    sections.forEach(function (section) {
      if (!words.length || section.id === "actions") { return; }
      var rows = Array.from(section.querySelectorAll("tbody tr, dd, p")).filter(function (row) {
        return words.every(function (word) { return textOf(row).includes(word); });
      });
      if (rows.length) { found.push([section, rows.length]); }
    });
    said.hidden = !found.length;
    said.replaceChildren(found.length ? "Also in " : "");
    found.forEach(function (each, place) {
      var link = document.createElement("a");
      link.href = "#" + each[0].id;
      link.textContent = (each[0].querySelector("h2") || { textContent: "The answer" }).textContent;
      said.append(place ? ", " : "", link, " (" + each[1] + ")");
    });
  }

  // Marked where the browser can without touching the page; the first thousand are enough to see.
  function highlight(words) {
    if (!window.Highlight || !CSS.highlights) { return; }
    CSS.highlights.delete("found");
    if (!words.length) { return; }
    var ranges = [], walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT), node = null;
    while (ranges.length < 1000 && (node = walker.nextNode())) {
      var text = node.data.toLowerCase();
      if (text.length !== node.data.length) { continue; }
      words.forEach(function (word) {
        for (var at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length)) {
          var range = new Range();
          range.setStart(node, at);
          range.setEnd(node, at + word.length);
          ranges.push(range);
        }
      });
    }
    CSS.highlights.set("found", new Highlight(...ranges));
  }

  function rankOf(action) { return parseInt(action.querySelector(".rank").textContent.slice(5), 10) || 100000; }

  function arrange() {
    var flat = order.value !== "", sorted = actions.slice();
    list.classList.toggle("flat", flat);
    if (order.value === "first") { sorted.sort(function (a, b) { return a.dataset.first - b.dataset.first; }); }
    if (order.value === "rank") { sorted.sort(function (a, b) { return rankOf(a) - rankOf(b) || a.dataset.first - b.dataset.first; }); }
    sorted.forEach(function (action) { (flat ? list : homes.get(action)).append(action); });
    filter();
  }

  function press(verdicts) {
    chips.forEach(function (chip) { chip.setAttribute("aria-pressed", String(verdicts.includes(chip.dataset.verdict))); });
  }

  function clear() {
    [search, area].concat(kinds).forEach(function (field) { field.value = ""; });
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
    if (id === "pytest") { target.firstElementChild.open = true; }
    if (target.matches("details")) {
      target.open = true;
      target.scrollIntoView();
      target.querySelector("summary").focus({ preventScroll: true });
    }
  }

  function visible() {
    return Array.from(list.querySelectorAll("details.action")).filter(function (action) { return !action.hidden; });
  }

  // The address bar has the address of the action that is read, to be handed on.
  function address(action) { history.replaceState(null, "", "#" + action.id); }

  // Reading through: what is open closes, and the next opens in its place.
  function move(step) {
    var all = visible(), focused = document.activeElement && document.activeElement.closest("details.action");
    var at = all.indexOf(focused);
    var next = at < 0 ? all.findIndex(function (each) { return each.getBoundingClientRect().top > 0; }) : at + step;
    if (at < 0 && next < 0) { next = 0; }
    var target = all[next];
    if (!target) { return; }
    if (focused && focused.open) { focused.open = false; target.open = true; address(target); }
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
    if (key === "/") { event.preventDefault(); search.focus(); search.select(); }
  });

  search.addEventListener("input", filter);
  [area].concat(kinds).forEach(function (field) { field.addEventListener("change", filter); });
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
      clear();
      press(link.dataset.show ? link.dataset.show.split("|") : []);
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

  list.addEventListener("click", function (event) {
    var summary = event.target.closest("details.action > summary");
    if (summary && !summary.parentElement.open) { address(summary.parentElement); }
  });

  // The contents say which section is read.
  if (window.IntersectionObserver) {
    var seen = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        var link = document.querySelector('#contents a[href="#' + entry.target.id + '"]');
        if (link && entry.isIntersecting) {
          document.querySelectorAll("#contents a[aria-current]").forEach(function (other) { other.removeAttribute("aria-current"); });
          link.setAttribute("aria-current", "true");
        }
      });
    }, { rootMargin: "-10% 0px -85% 0px" });
    sections.forEach(function (section) { seen.observe(section); });
  }

  // On paper nothing is folded, and what a filter leaves out is said.
  var folded = [];
  window.addEventListener("beforeprint", function () {
    var all = visible().length;
    byId("printed").textContent = all === actions.length ? "" :
      "Printed with a filter: " + all + " of " + actions.length + " checks are told in full. The figures are of the whole.";
    if (folded.length) { return; }
    folded = Array.from(document.querySelectorAll("#posture details:not([open])"));
    folded.forEach(function (each) { each.open = true; });
  });
  window.addEventListener("afterprint", function () {
    folded.forEach(function (each) { each.open = false; });
    folded = [];
  });

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
