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

  /* the call on the line fills an untouched form by itself; a form somebody is writing in is offered it by a button, and keeps what it has */
  var title = document.title, shown = "", sorted = "";
  var fresh = function () { return !field("content").value && !field("title").value && !field("phone").value && !field("name").value; };
  var takeCall = function (line) {
    shown = line.dataset.call;
    field("call").value = shown;
    put("phone", line.dataset.phone);
    if (line.dataset.name && !field("name").value) put("name", line.dataset.name);
    if (line.dataset.ofTopic && !field("category").value) put("category", sorted = line.dataset.ofTopic);
    field("channel").value = "phone";
  };
  var popped = function () {
    var line = document.getElementById("line");
    if (!line) return;
    var call = line.dataset.call || "", mine = field("call").value;
    document.title = line.dataset.callState === "offered" ? "☎ " + title : title;
    if (call && call !== mine && (fresh() || (shown && shown === mine && !field("content").value && !field("title").value))) takeCall(line);
    if (!call && shown && shown === mine && !field("content").value && !field("title").value) { shown = ""; field("call").value = ""; put("phone", ""); put("name", ""); if (sorted && field("category").value === sorted) put("category", ""); }
    var button = h.one("[data-take-call]", line);
    if (button) button.hidden = call === field("call").value;
  };
  document.addEventListener("htmx:after:swap", function () { popped(); });
  document.addEventListener("click", function (e) { if (e.target.closest("[data-take-call]")) { takeCall(document.getElementById("line")); popped(); h.one("#f-content").focus(); } });

  h.all("dialog[data-open-now]").forEach(function (box) { box.showModal(); });
  document.getElementById("f-phone").dispatchEvent(new Event("input", { bubbles: false }));
  popped();
})();
