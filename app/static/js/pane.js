/* A desk with a pane: the selected row's pane is fetched beside it; after an act the list and the pane follow. What somebody writes is never taken away. */
(function () {
  "use strict";
  var h = window.hotline, pane = document.getElementById("pane"), waiting = 0, shown = pane ? pane.dataset.shown || "" : "";
  if (!pane) return;
  var load = function (row) {
    var url = row && row.dataset.pane;
    if (!url || url === shown) return;
    shown = url;
    clearTimeout(waiting);
    waiting = setTimeout(function () { window.htmx.ajax("GET", url, { target: "#pane", swap: "innerHTML" }); }, 90);
  };
  var writing = function () { return h.all("textarea, input[type=text]", pane).some(function (field) { return field.value.trim() && field.value !== field.defaultValue; }) || !!h.one("dialog[open]", pane); };
  document.addEventListener("row:selected", function (e) { if (!writing()) load(e.target); });
  /* a row's link shows the pane here; without this script it loads the page with that row chosen */
  document.addEventListener("click", function (e) {
    var link = e.target.closest(".job[data-pane] h3 a");
    if (!link || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    h.select(link.closest(h.ROW), false);
    if (window.matchMedia("(max-width: 720px)").matches) pane.scrollIntoView();
  });
  /* an act of ours went well: look at the list again, then show what is selected now */
  document.addEventListener("htmx:after:request", function (e) {
    var ctx = e.detail.ctx;
    if (ctx.request && ctx.request.method === "POST" && ctx.response.status === 204) { shown = ""; h.all("textarea", pane).forEach(function (field) { field.value = ""; }); h.refreshAll(); }
  });
  document.addEventListener("htmx:after:swap", function (e) {
    if (!e.detail.ctx.sourceElement.matches("[data-live]") || writing()) return;
    var row = h.selected() || h.one(h.ROW);
    if (!row) { shown = ""; pane.replaceChildren(); return; }
    if (row.dataset.pane !== shown) { h.select(row, false); load(row); }
  });
  var row = h.selected();
  if (row && !shown) load(row);
})();
