/* Toasts: what was done, with undo while it lasts. They wait while a person points at them or reads them by keyboard. */
(function () {
  "use strict";
  var h = window.hotline;
  var live = function (toast) {
    if (toast.dataset.counting) return;
    toast.dataset.counting = "1";
    var left = +toast.dataset.toast;
    var timer = setInterval(function () {
      if (!toast.isConnected) { clearInterval(timer); return; }
      var number = h.one("[data-toast-left]", toast);
      if (!number && toast.matches(":hover, :focus-within")) return;
      left -= 1;
      if (number) number.textContent = Math.max(0, left);
      if (left <= 0) { clearInterval(timer); toast.remove(); }
    }, 1000);
  };
  h.toast = function (text, seconds, undo) {
    var parts = [h.make("span", { text: text })];
    if (undo) {
      var button = h.make("button", { "class": "btn slim", type: "submit", "data-key": "U", "aria-keyshortcuts": "U" }, [
        h.make("span", { text: h.word("undo") + " " }), h.make("span", { "data-toast-left": "", text: seconds }), h.make("span", { text: " " + h.word("seconds") }), h.make("kbd", { "aria-hidden": "true", text: "U" })]);
      parts.push(h.make("form", { method: "post", action: undo, "class": "one", "data-guard": "" }, [h.make("input", { type: "hidden", name: "csrf_token", value: h.token() }), button]));
    } else parts.push(h.make("button", { type: "button", "class": "btn slim bare", "data-toast-close": "", "aria-label": h.word("close"), text: "×" }));
    var toast = h.make("div", { "class": "toast-1", "data-toast": seconds || 6 }, parts);
    document.getElementById("toasts").appendChild(toast);
    live(toast);
    return toast;
  };
  /* the server's own: a full page has them in its body, an htmx answer in a header (read before the swap may take its sender away) */
  document.addEventListener("htmx:after:request", function (e) {
    var said = e.detail.ctx.response.headers.get("X-Toasts");
    if (said) JSON.parse(said).forEach(function (t) { h.toast(t.text, t.seconds, t.undo); });
  });
  document.addEventListener("click", function (e) { if (e.target.closest("[data-toast-close]")) e.target.closest(".toast-1").remove(); });
  h.all("#toasts [data-toast]").forEach(live);
})();
