/* Dialogs, refused ones open again, panels that open, the who-am-I menu, copying, large type and its one-question pages. */
(function () {
  "use strict";
  var h = window.hotline, root = document.documentElement;
  document.addEventListener("click", function (e) {
    var hit = function (selector) { return e.target.closest(selector); }, el;
    if ((el = hit("[data-open]"))) { var box = document.getElementById(el.dataset.open); if (box && box.showModal) { box.showModal(); e.preventDefault(); } }
    if ((el = hit("[data-close]"))) el.closest("dialog").close();
    if ((el = hit("[data-toggle]"))) toggle(el);
    if ((el = hit(".take[aria-pressed]"))) el.setAttribute("aria-pressed", String(el.getAttribute("aria-pressed") !== "true"));
    if ((el = hit("[data-copy]"))) copy(el);
    if (hit("[data-key-help]")) h.keyHelp();
    if (hit("[data-next]")) turn(at + 1);
    if (hit("[data-prev]")) turn(at - 1);
    if ((el = hit("[data-large]"))) { e.preventDefault(); large(root.dataset.size !== "large"); }
    h.all("details.menu[open]").forEach(function (menu) { if (!menu.contains(e.target)) menu.open = false; });
  });
  document.addEventListener("keydown", function (e) {
    if (e.key !== "Escape") return;
    h.all("details.menu[open]").forEach(function (menu) { menu.open = false; h.one("summary", menu).focus(); });
  });
  /* a dialog whose request went well is done with */
  document.addEventListener("htmx:after:request", function (e) {
    var box = e.target.closest && e.target.closest("dialog[open]");
    if (box && e.detail.ctx.request.method !== "GET" && e.detail.ctx.response.status < 400) box.close();
  });
  /* a form that opens is ready to be written in, first where something is wrong; the scrolling part would take the focus otherwise */
  h.begin = function (box) {
    var field = h.one(h.BAD, box) || h.one("input:not([type=hidden]), textarea, select", box);
    if (field) field.focus();
  };
  /* a refused form, or one the address asked for, opens by itself */
  h.all("dialog[data-show]").forEach(function (box) { if (!box.open) box.showModal(); h.begin(box); });
  var toggle = function (el) {
    var panel = document.getElementById(el.dataset.toggle);
    panel.hidden = !panel.hidden;
    el.setAttribute("aria-expanded", String(!panel.hidden));
  };
  var copy = function (el) {
    if (!navigator.clipboard) return;
    navigator.clipboard.writeText(el.dataset.copy).then(function () { h.toast(h.word("copied"), 3); });
  };
  /* large type: one attribute on <html>; a long form then shows one question at a time */
  var at = 0;
  var large = function (on) {
    root.dataset.size = on ? "large" : "plain";
    h.remember("size", root.dataset.size);
    h.all("[data-large]").forEach(function (el) { el.setAttribute("aria-pressed", String(on)); h.one("span", el).textContent = h.word(on ? "plain" : "large"); });
    paged(on, 0);
  };
  var paged = function (on, n) {
    var pages = h.all("[data-page]"), bar = h.one(".pager"), last = h.one("[data-page-last]");
    if (!bar || !pages.length) return;
    at = Math.max(0, Math.min(pages.length - 1, n));
    pages.forEach(function (page, i) { page.hidden = on && i !== at; });
    if (last) last.hidden = on && at !== pages.length - 1;
    bar.hidden = !on;
    h.one("[data-prev]", bar).hidden = at === 0;
    h.one("[data-next]", bar).hidden = at === pages.length - 1;
  };
  var turn = function (n) {
    paged(true, n);
    var heading = h.one("h2", h.all("[data-page]")[at]);
    if (heading) { heading.tabIndex = -1; heading.focus(); }
    window.scrollTo(0, 0);
  };
  if (root.dataset.size === "large") {
    var bad = h.one("[data-page] .bad"), pages = h.all("[data-page]");
    paged(true, bad ? pages.indexOf(bad.closest("[data-page]")) : 0);
  }
  var here = h.one(".tabs [aria-current]");                        /* a person with many desks sees the one they are at */
  if (here) here.scrollIntoView({ block: "nearest", inline: "center" });
})();
