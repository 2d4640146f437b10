/* The dispatch desk: the selected row's evidence beside it, its accept button sends what the pane holds, the list follows every act. */
(function () {
  "use strict";
  var h = window.hotline, pane = document.getElementById("evidence"), waiting = 0, shown = "";
  if (!pane) return;
  var bones = function () {
    var box = h.make("div", { "class": "stack tight bones", "aria-hidden": "true" });
    for (var i = 0; i < 4; i += 1) ["w3", "w2", "w1"].forEach(function (w) { box.appendChild(h.make("span", { "class": "bone " + w })); });
    pane.replaceChildren(box);
  };
  var load = function (row) {
    var url = row && row.dataset.evidence;
    if (!url || url === shown) return;
    shown = url;
    clearTimeout(waiting);
    pane.inert = true;                                         /* the old row's buttons must not act while the new one's evidence comes */
    waiting = setTimeout(function () {
      var slow = setTimeout(bones, 300), came = false;
      var heard = function (e) { if (e.detail.ctx.target === pane && e.detail.ctx.response.status < 300) came = true; };
      document.addEventListener("htmx:after:request", heard);
      window.htmx.ajax("GET", url, { target: "#evidence", swap: "innerHTML" }).finally(function () {
        clearTimeout(slow);
        document.removeEventListener("htmx:after:request", heard);
        if (url !== shown) return;
        pane.inert = false;
        if (!came) failed(row);
      });
    }, 90);
  };
  var failed = function (row) {
    var again = h.make("button", { type: "button", "class": "btn main", text: h.word("retry") });
    again.addEventListener("click", function () { shown = ""; load(row); });
    pane.replaceChildren(h.make("div", { "class": "blank", role: "alert" }, [h.make("h3", { text: h.word("failed") }), again]));
  };
  /* what somebody is writing in the pane is not taken away by a row that comes or goes */
  var writing = function () {
    var field = h.one("#f-note, #f-words, #f-reason", pane), told = h.one("[role=alert][data-focus]", pane);
    return pane.contains(document.activeElement) && !!(told || (field && field.value.trim()));
  };
  document.addEventListener("row:selected", function (e) { if (!writing()) load(e.target); });

  var form = function () { return h.one("form[data-number]", pane); };
  document.addEventListener("click", function (e) {
    var accept = e.target.closest("[data-accept], [data-decide]"), own = form();
    if (accept) {
      var number = accept.dataset.accept || accept.dataset.decide;
      if (own && own.dataset.number === number && (accept.dataset.decide === undefined || ready(own))) { e.preventDefault(); e.stopImmediatePropagation(); own.requestSubmit(); }
      else if (accept.dataset.decide) { h.select(accept.closest("tr"), false); var wanted = h.one(".must", pane) ? h.one("#f-note", pane) : h.one("[data-picker]", pane); if (wanted) wanted.focus(); }
    }
    var row = e.target.closest("tr[data-evidence]");
    if (row && !e.target.closest("a, button, input, label")) { h.select(row, false); if (window.matchMedia("(max-width: 720px)").matches) pane.scrollIntoView(); }
    if (e.target.closest("[data-bulk-close]")) document.getElementById("bulk-said").replaceChildren();
  }, true);
  var ready = function (own) { return !!(own.elements.namedItem("other").value || own.querySelector("[name=lead]:checked")) && (!h.one(".must", own) || own.elements.namedItem("note").value.trim().length > 3); };

  /* one lead at a time: another unit takes the dot away, a dot clears the other unit */
  pane.addEventListener("change", function (e) {
    var own = form();
    if (!own || !own.elements.namedItem("other")) return;
    if (e.target.name === "other" && e.target.value) h.all("[name=lead]", own).forEach(function (dot) { dot.checked = false; });
    if (e.target.name === "lead") own.elements.namedItem("other").value = "";
  });

  /* after an act of ours the list looks again at once; the others learn of it by the live hint */
  document.addEventListener("htmx:after:request", function (e) {
    var ctx = e.detail.ctx, post = ctx.request && ctx.request.method === "POST", own = ctx.sourceElement;
    if (!post || ctx.response.status >= 300) return;
    if (ctx.response.status === 204 || own.id === "bulk") { shown = ""; h.refreshAll(); }
  });
  var nothing = Array.prototype.slice.call(pane.childNodes);
  /* somebody was first: the pane comes back with who it was and with what was typed (other pages leave such an answer out) */
  document.addEventListener("htmx:response:error", function (e) {
    var ctx = e.detail.ctx;
    if ((ctx.response.status === 409 || ctx.response.status === 412) && ctx.target === pane) window.htmx.swap({ text: ctx.text, target: pane, swap: "innerHTML", sourceElement: pane });
  });
  var first = function () {
    var row = h.selected() || h.one("tr[data-evidence]");
    shown = "";
    if (row) { h.select(row, false); load(row); } else pane.replaceChildren.apply(pane, nothing);
  };
  document.addEventListener("htmx:after:swap", function (e) { if (e.detail.ctx.sourceElement.matches("[data-live]")) { var row = h.selected(); if (!writing() && (!row || row.dataset.evidence !== shown)) first(); } });
  first();
})();
