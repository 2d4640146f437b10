/* The operator desk: take a suggestion into the form, show fields only when they apply, count the seconds of this call. */
(function () {
  "use strict";
  var h = window.hotline, form = document.getElementById("call");
  if (!form) return;
  var field = function (name) { return form.elements.namedItem(name); };
  var put = function (name, value) {
    var el = field(name);
    el.value = value;
    el.dispatchEvent(new Event("input", { bubbles: true }));
    el.dispatchEvent(new Event("change", { bubbles: true }));
  };
  var openBox = function (id) { var box = document.getElementById(id); if (box && !box.open) box.showModal(); };

  document.addEventListener("click", function (e) {
    var el = e.target.closest("[data-category], [data-region], [data-answer], [data-previous]");
    if (!el) return;
    var d = el.dataset;
    if ("category" in d) put("category", field("category").value === d.category ? "" : d.category);
    else if ("region" in d) put("region", d.region);
    else if ("answer" in d) { put("answer", d.answer); put("article", d.article); openBox("d-answer"); field("answer").focus(); }
    else { put("previous", d.previous); h.one("[data-previous-box]").hidden = !d.previous; h.one("#f-content").focus(); }
  });

  /* firm fields only for firms, the accused only where somebody is accused; what is hidden keeps its value */
  var fit = function () {
    h.all("[data-when]").forEach(function (box) { box.hidden = box.dataset.is.split(" ").indexOf(field(box.dataset.when).value) < 0; });
  };
  form.addEventListener("change", fit);
  fit();

  /* the legal route of a refusal fills itself in until somebody writes another */
  var code = document.getElementById("f-code"), route = document.getElementById("f-route"), filled = "";
  code.addEventListener("change", function () {
    var suggested = code.selectedOptions[0].dataset.route || "";
    if (route.value === filled) { route.value = filled = suggested; route.dispatchEvent(new Event("input", { bubbles: true })); }
  });

  /* seconds since the first word of this call */
  var used = document.getElementById("used");
  document.addEventListener("input", function (e) { if (e.target.form === form && used && !("up" in used.dataset)) used.dataset.up = "0"; });

  h.all("dialog[data-open-now]").forEach(function (box) { box.showModal(); });
  document.getElementById("f-phone").dispatchEvent(new Event("input", { bubbles: false }));
})();
