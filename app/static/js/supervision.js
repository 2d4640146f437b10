/* The supervision room: a dialog opened by a key or a button is about the selected row; P prints. */
(function () {
  "use strict";
  var h = window.hotline;
  /* before the dialog opens: what it is about goes into its hidden fields */
  document.addEventListener("click", function (e) {
    var button = e.target.closest("[data-open]"), box = button && document.getElementById(button.dataset.open);
    if (e.target.closest("[data-print]")) window.print();
    if (!box || !h.one("[data-of]", box)) return;
    var row = button.closest(h.ROW) || h.selected();
    if (!row) return;
    h.all("[data-of]", box).forEach(function (field) {
      if (field.dataset.of === "back") return;
      field.value = row.dataset[field.dataset.of] || "";
    });
    h.all("[data-about]", box).forEach(function (el) { el.textContent = row.dataset.about || ""; });
  }, true);
})();
