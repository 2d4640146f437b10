/* The list one came from: a list leaves its order behind, the ticket page fills its previous and next from it. Nothing leaves this device. */
(function () {
  "use strict";
  var h = window.hotline, KEY = "trail";
  var path = function (link) { return new URL(link.href, location.href).pathname; };
  var keep = function (links) {
    try { sessionStorage.setItem(KEY, JSON.stringify(links)); } catch (denied) { /* private mode: no previous and next */ }
  };
  var kept = function () { try { return JSON.parse(sessionStorage.getItem(KEY) || "[]"); } catch (denied) { return []; } };
  var fill = function () {
    var marks = h.all("[data-trail]");
    if (!marks.length) return;
    var all = kept(), at = all.indexOf(location.pathname);
    marks.forEach(function (link) {
      var to = at < 0 ? null : all[link.dataset.trail === "next" ? at + 1 : at - 1];
      link.hidden = !to;
      if (to) link.href = to;
    });
  };
  document.addEventListener("click", function (e) {
    var link = e.target.closest("[data-list] a[href]");
    if (!link || !/^\/tickets\/\d+$/.test(path(link))) return;
    keep(h.all("[data-list] :is(h3 a, a.rowlink)").map(path).filter(function (one, at, all) { return all.indexOf(one) === at; }));
  }, true);
  h.onNew(fill);
})();
