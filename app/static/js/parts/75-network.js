/* When something does not arrive: an offline strip, a sentence for a refused request, the list's own "try again". Nothing typed is lost. */
(function () {
  "use strict";
  var h = window.hotline;
  var strip = function (id, bold, text, retry) {
    if (document.getElementById(id)) return;
    var parts = [h.make("b", { text: bold }), h.make("span", { text: text || "" })];
    if (retry) {
      var button = h.make("button", { type: "button", "class": "btn slim push", text: h.word("retry") });
      button.addEventListener("click", function () { drop(id); retry(); });
      parts.push(button);
    }
    var main = document.getElementById("main");
    main.parentNode.insertBefore(h.make("div", { "class": "strip", id: id, role: "alert" }, parts), main);
  };
  var drop = function (id) { var box = document.getElementById(id); if (box) box.remove(); };
  window.addEventListener("offline", function () { strip("offline", h.word("offline"), h.word("offline_safe")); });
  window.addEventListener("online", function () { drop("offline"); if (h.refreshAll) h.refreshAll(); });
  if (navigator.onLine === false) strip("offline", h.word("offline"), h.word("offline_safe"));

  /* the sentence of an error answer: problem+json's detail, or the page's [data-error-text] */
  var sentence = function (ctx) {
    var kind = ctx.response.headers.get("content-type") || "";
    if (/json/.test(kind)) { try { var said = JSON.parse(ctx.text); return said.detail || said.title; } catch (broken) { return ""; } }
    var page = new DOMParser().parseFromString(ctx.text || "", "text/html"), el = page.querySelector("[data-error-text]");
    return el ? el.textContent.trim() : "";
  };
  document.addEventListener("htmx:response:error", function (e) {
    var ctx = e.detail.ctx, status = ctx.response.status;
    if (status === 422) return;                                  /* the form comes back with its own sentences */
    if (status === 401) { location.reload(); return; }
    if (ctx.sourceElement.matches("[data-live]")) return;        /* live.js speaks for lists */
    h.toast(sentence(ctx) || h.word("sent_failed"), 12);
    if ((status === 409 || status === 412) && h.refreshAll) h.refreshAll();
  });
  document.addEventListener("htmx:error", function (e) {
    var ctx = e.detail.ctx;
    if (!ctx || ctx.sourceElement.matches("[data-live]")) return;
    if (ctx.request && ctx.request.method === "GET") strip("failed", h.word("failed"), "", function () { location.reload(); });
    else h.toast(h.word("sent_failed"), 12);
  });
  h.listFailed = function (retry) { strip("failed", h.word("failed"), "", retry); };
  h.listArrived = function () { drop("failed"); };
})();
