/* The telephones live: waits for news, fetches this page anew and puts in what is marked data-fresh; what is being typed stays. */
(function () {
  "use strict";
  var box = document.querySelector("[data-version]");
  if (!box) return;
  var version = box.dataset.version, all = function (what, from) { return Array.prototype.slice.call((from || document).querySelectorAll(what)); };
  var bottom = function () { all(".screen").forEach(function (one) { one.scrollTop = one.scrollHeight; }); };

  var put = function (html) {
    var fresh = new DOMParser().parseFromString(html, "text/html"), before = {};
    all("[data-fresh]").forEach(function (old) {
      var now = fresh.getElementById(old.id);
      if (!now || now.innerHTML === old.innerHTML) return;
      before[old.id] = true;
      old.replaceWith(document.importNode(now, true));
    });
    if (before.talk || before.screen) bottom();
    document.dispatchEvent(new CustomEvent("phones:fresh"));
  };
  var fetchAnew = function () {
    return fetch(location.href, { cache: "no-store" }).then(function (answer) { return answer.ok ? answer.text().then(put) : null; });
  };
  var ask = function () {
    fetch("/changes?after=" + version, { cache: "no-store" })
      .then(function (answer) { if (!answer.ok) throw new Error("changes " + answer.status); return answer.json(); })
      .then(function (said) {
        if (String(said.version) === String(version)) return null;
        version = said.version;
        return fetchAnew();
      })
      .then(function () { setTimeout(ask, 60); }, function () { setTimeout(ask, 2000); });
  };
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.matches("[data-send]")) return;
    event.preventDefault();
    fetch(form.action, { method: "POST", body: new FormData(form, event.submitter), redirect: "manual" }).then(fetchAnew);
    form.reset();
    all(".pic", form).forEach(function (one) { one.classList.remove("on"); });
  });
  document.addEventListener("change", function (event) {
    if (event.target.type === "file" && event.target.previousElementSibling) event.target.previousElementSibling.classList.toggle("on", event.target.files.length > 0);
  });
  bottom();
  ask();
})();
