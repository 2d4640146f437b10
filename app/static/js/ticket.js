/* The ticket page: a form that opens takes the focus, an opened identity closes after its time, [ and ] walk the list one came from. */
(function () {
  "use strict";
  var h = window.hotline;
  document.addEventListener("click", function (e) {
    var opener = e.target.closest("[data-open]"), box = opener && document.getElementById(opener.dataset.open);
    if (box && box.open) h.begin(box);
  });

  /* on a phone the dock is the action bar: its links open the form at once when it is on the page */
  document.addEventListener("click", function (e) {
    var link = e.target.closest(".dock a[href*='do=']"), box = link && document.getElementById("do-" + new URL(link.href, location.href).searchParams.get("do"));
    if (box && !box.open) { e.preventDefault(); box.showModal(); h.begin(box); }
  });

  /* the card stays as it is while open (hx-morph-skip); afterwards it is fetched masked again */
  var timer, cover = function () {
    var card = document.getElementById("who");
    clearTimeout(timer);
    if (!card || !card.dataset.veil) return;
    h.all("[data-vanish]", card).forEach(function (el) { el.textContent = el.dataset.masked; });
    h.all(".watermark", card).forEach(function (mark) { mark.remove(); });
    card.removeAttribute("hx-morph-skip");
    delete card.dataset.veil;
    if (h.refreshAll) h.refreshAll();
  };
  document.addEventListener("htmx:after:swap", function () {
    var card = document.getElementById("who");
    if (!card || !card.dataset.veil || card.dataset.counting) return;
    card.dataset.counting = "1";
    timer = setTimeout(cover, +card.dataset.veil * 1000);
  });
  window.addEventListener("pagehide", cover);
})();
