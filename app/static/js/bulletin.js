/* The bulletin editor: a figure goes where the cursor stands in the text. */
(function () {
  "use strict";
  document.addEventListener("click", function (e) {
    var button = e.target.closest("[data-hole]"), text = document.querySelector("textarea[name=text]");
    if (!button || !text) return;
    text.setRangeText("{" + button.dataset.hole + "}", text.selectionStart, text.selectionEnd, "end");
    text.focus();
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();
