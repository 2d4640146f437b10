/* Clocks: data-left counts down, data-up counts up, in seconds as the server last said; the ring's arc and tone follow. */
(function () {
  "use strict";
  var h = window.hotline, known = new WeakMap();
  var two = function (n) { return (n < 10 ? "0" : "") + n; };
  h.mmss = function (seconds) {
    var whole = Math.abs(seconds), sign = seconds < 0 ? "+" : "", minutes = Math.floor(whole / 60);
    if (whole >= 6000) return sign + h.word("hours", { n: Math.floor(whole / 3600) });
    return sign + (sign ? minutes : two(minutes)) + ":" + two(whole % 60);
  };
  /* seconds since the server said this value to this element */
  var gone = function (el, said) {
    var had = known.get(el);
    if (!had || had.said !== said) { had = { said: said, at: Date.now() }; known.set(el, had); }
    return Math.floor((Date.now() - had.at) / 1000);
  };
  var tone = function (el, left) {
    var late = left < 300, over = left < 0;
    el.classList.toggle("soon", !late && left < 900); el.classList.toggle("late", late); el.classList.toggle("over", over);
  };
  var tick = function () {
    h.all("[data-up]").forEach(function (el) { el.textContent = h.mmss(+el.dataset.up + gone(el, el.dataset.up)); });
    h.all("[data-left]").forEach(function (el) {
      var said = +el.dataset.left, left = said - gone(el, el.dataset.left), text = h.one("b > span", el) || el;
      text.textContent = h.mmss(left);
      if (!el.matches(".ring")) return;
      tone(el, left);
      var arc = h.one(".v", el), share = +el.dataset.share;
      if (arc && said > 0) arc.setAttribute("stroke-dasharray", Math.max(0, share * left / said).toFixed(2) + " 100");
    });
    h.all("[data-vanish]").forEach(function (el) {
      if (gone(el, el.dataset.vanish) < +el.dataset.vanish) return;
      el.textContent = el.dataset.masked;
      delete el.dataset.vanish;
      h.all(".watermark").forEach(function (mark) { mark.remove(); });
    });
    var wall = h.one("[data-wall-clock]");
    if (wall) wall.textContent = new Date(Date.now() + ahead).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Shanghai" });
  };
  /* the server's clock, not this machine's: deadlines stand beside it */
  var said = h.one("[data-wall-clock]"), ahead = said ? +said.dataset.wallClock * 1000 - Date.now() : 0;
  setInterval(tick, 1000);
  h.onNew(tick);
})();
