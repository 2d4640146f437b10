/* Rows: J and K move, Enter opens; the selected row owns the letters. Selection and focus survive a refresh because a row keeps its id. */
(function () {
  "use strict";
  var h = window.hotline;
  var rows = function () { return h.all(h.ROW).filter(function (r) { return r.getClientRects().length; }); };
  h.selected = function () { return h.one(h.ROW + ".sel"); };
  h.select = function (row, focus) {
    h.all(h.ROW + ".sel").forEach(function (r) { if (r !== row) { r.classList.remove("sel"); if (r.matches("tr")) r.removeAttribute("aria-current"); } });
    if (!row) return;
    row.classList.add("sel");
    if (row.matches("tr")) row.setAttribute("aria-current", "true");
    if (focus) {
      row.scrollIntoView({ block: "nearest" });
      var link = h.one("h3 a, a.rowlink, a, button", row);
      if (link) link.focus({ preventScroll: true });
    }
    row.dispatchEvent(new CustomEvent("row:selected", { bubbles: true }));
  };
  h.rowKey = function (key, e) {
    var all = rows();
    if (!all.length) return false;
    if (key === "J" || key === "K") {
      var at = all.indexOf(h.selected()), next = key === "J" ? at + 1 : at < 0 ? all.length - 1 : at - 1;
      h.select(all[Math.max(0, Math.min(all.length - 1, next))], true);
      return true;
    }
    if (key !== "ENTER" || /^(A|BUTTON|SUMMARY|INPUT|LABEL)$/.test(e.target.tagName)) return false;
    var link = h.selected() && h.one("h3 a, a.rowlink, a", h.selected());
    if (link) link.click();
    return !!link;
  };
  /* a click or the focus anywhere in a row selects it. Not while something is pressed: a selected row shows its keys, so its buttons are wider and
     elsewhere, and the finger would be let go beside what it pressed */
  var pressing = false, take = function (e) {
    var row = !pressing && e.target.closest && e.target.closest(h.ROW);
    if (row && !row.classList.contains("sel")) h.select(row, false);
  };
  document.addEventListener("pointerdown", function () { pressing = true; }, true);
  ["pointerup", "pointercancel", "keydown"].forEach(function (name) { document.addEventListener(name, function () { pressing = false; }, true); });
  document.addEventListener("focusin", take);
  document.addEventListener("click", take);
  document.addEventListener("click", function (e) {
    var all = e.target.closest("[data-tick-all]");
    if (!all) return;
    h.all("input[type=checkbox][name='" + all.dataset.tickAll + "']").forEach(function (box) {
      if (!box.disabled && box.checked !== all.checked) { box.checked = all.checked; box.dispatchEvent(new Event("change", { bubbles: true })); }
    });
  });
})();
