/* Live lists: asks every 1.5 s (every 0.4 s where a telephone may ring: data-live-quick) which topics changed and lets the lists that care fetch themselves. Selection, focus, what is open and what
   was typed stay; new rows wash in once. Without the server's hints every list fetches itself each 15 s, and the dot says so. */
(function () {
  "use strict";
  var h = window.hotline, box = document.getElementById("live");
  if (!box || !box.dataset.token) return;
  var token = box.dataset.token, mark = "", marks = {}, down = false, QUICK = 1500, RINGING = 400, HIDDEN = 15000, SLOW = 15000;

  var dot = function (off) {
    down = off;
    h.all("[data-live-dot]").forEach(function (el) { el.classList.toggle("off", off); var word = h.one("span", el); if (word) word.textContent = h.word(off ? "live_off" : "live_on"); });
  };
  var lists = function () { return h.all("[data-live]"); };
  var busy = function (el) { return !!h.one("dialog[open]", el); };
  var fetchAnew = function (el) {
    if (busy(el)) { el.dataset.liveLate = "1"; return; }
    delete el.dataset.liveLate;
    window.htmx.trigger(el, "live");
  };
  h.refreshAll = function () { lists().forEach(fetchAnew); };
  document.addEventListener("close", function () { h.all("[data-live-late]").forEach(fetchAnew); }, true);

  var ask = function () {
    fetch(box.dataset.url + "?t=" + encodeURIComponent(token) + "&v=" + encodeURIComponent(mark), { headers: { Accept: "application/json" }, credentials: "same-origin", cache: "no-store" })
      .then(function (answer) {
        if (answer.status === 204) return null;
        if (answer.status === 403) return renew();
        if (!answer.ok) throw new Error("live " + answer.status);
        return answer.json().then(heard);
      })
      .then(function () { if (down) { dot(false); h.refreshAll(); } next(h.one("[data-live-quick]") ? RINGING : document.hidden ? HIDDEN : QUICK); })
      .catch(function () { dot(true); h.refreshAll(); next(SLOW); });
  };
  var timer, next = function (wait) { clearTimeout(timer); timer = setTimeout(ask, wait); };
  var heard = function (answer) {
    var first = mark === "";
    var changed = Object.keys(answer.topics).filter(function (topic) { return marks[topic] !== answer.topics[topic]; });
    mark = answer.mark; marks = answer.topics;
    if (first && !box.dataset.heard) { box.dataset.heard = "1"; return; }
    lists().forEach(function (el) { if (el.dataset.live.split(" ").some(function (topic) { return changed.indexOf(topic) >= 0; })) fetchAnew(el); });
  };
  /* the page's permission to listen lasts an hour; a page that is still allowed gets a new one, others meet the sign-in */
  var renew = function () {
    return fetch(location.href, { credentials: "same-origin" }).then(function (answer) { return answer.text(); }).then(function (text) {
      var fresh = new DOMParser().parseFromString(text, "text/html").getElementById("live");
      if (!fresh || !fresh.dataset.token) { location.reload(); return; }
      token = fresh.dataset.token;
    });
  };
  document.addEventListener("visibilitychange", function () { if (!document.hidden) next(0); });

  /* around a swap: remember, then put back */
  var kept;
  document.addEventListener("htmx:before:swap", function (e) {
    var el = e.detail.ctx.sourceElement;
    if (!el.matches("[data-live]") || e.detail.ctx.response.status >= 400) return;
    if (busy(el)) { e.preventDefault(); el.dataset.liveLate = "1"; return; }   /* a form was opened while the answer was on its way */
    var rows = h.all(h.ROW, el), chosen = rows.filter(function (r) { return r.classList.contains("sel"); })[0];
    kept = { id: el.id, rows: {}, chosen: chosen && chosen.id, at: rows.indexOf(chosen), had: !!(chosen && chosen.contains(document.activeElement)), open: h.all("details[open][id]", el).map(function (d) { return d.id; }) };
    rows.forEach(function (r) { kept.rows[r.id] = 1; });
  });
  document.addEventListener("htmx:after:swap", function (e) {
    if (h.one("[data-live-quick]")) next(RINGING);   /* one has just said one is ready: the first call may come at once */
    if (!kept || !e.detail.ctx.sourceElement.matches("[data-live]")) return;
    var was = kept, el = document.getElementById(was.id), fresh = 0;
    kept = null;
    if (!el) return;
    h.listArrived();
    var rows = h.all(h.ROW, el);
    rows.forEach(function (r) { if (!was.rows[r.id]) { r.classList.add("fresh"); fresh += 1; } });
    var chosen = was.chosen && document.getElementById(was.chosen), gone = was.chosen && !chosen;
    if (chosen) h.select(chosen, false); else if (gone && rows.length) h.select(rows[Math.min(was.at, rows.length - 1)], was.had);
    was.open.forEach(function (id) { var d = document.getElementById(id); if (d) d.open = true; });
    if (fresh) h.say(h.word("fresh", { n: fresh }));
  });
  var failed = function (e) {
    var ctx = e.detail.ctx;
    if (ctx && ctx.sourceElement.matches("[data-live]")) h.listFailed(h.refreshAll);
  };
  document.addEventListener("htmx:response:error", failed);
  document.addEventListener("htmx:error", failed);
  document.addEventListener("animationend", function (e) { if (e.target.classList) e.target.classList.remove("fresh"); });
  ask();
})();
