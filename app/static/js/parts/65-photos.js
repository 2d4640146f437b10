/* Photos before they are sent: small pictures, size and kind checked with a plain sentence, any of them can be taken out again. */
(function () {
  "use strict";
  var h = window.hotline;
  var KINDS = /^image\/(jpeg|png|webp)$/;
  var ready = function (field) {
    if (field.dataset.ready) return;
    field.dataset.ready = "1";
    var input = h.one("input[type=file]", field), shots = h.one("[data-shots]", field), oops = h.one("[data-photo-oops]", field), chosen = [];
    var most = +field.dataset.max, mb = +field.dataset.mb;
    var complain = function (sentences) { oops.hidden = !sentences.length; oops.textContent = sentences.join(" "); };
    var hand = function () {
      var bag = new DataTransfer();
      chosen.forEach(function (file) { bag.items.add(file); });
      input.files = bag.files;
    };
    var draw = function (canvas, file) {
      if (!window.createImageBitmap || !/jpeg|png|webp/.test(file.type)) return;
      createImageBitmap(file).then(function (picture) {
        var side = Math.min(picture.width, picture.height), pen = canvas.getContext("2d");
        pen.drawImage(picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, canvas.width, canvas.height);
        picture.close();
      }, function () { /* a picture this browser cannot draw is still sent; the server judges it */ });
    };
    var show = function (file) {
      var canvas = h.make("canvas", { width: 208, height: 208, role: "img", "aria-label": file.name });
      var out = h.make("button", { type: "button", "class": "shot-out", "aria-label": h.word("drop") + " " + file.name, text: "×" });
      var shot = h.make("span", { "class": "shot" }, [canvas, out]);
      out.addEventListener("click", function () { chosen.splice(chosen.indexOf(file), 1); shot.remove(); hand(); complain([]); input.focus(); });
      shots.insertBefore(shot, shots.lastElementChild);
      draw(canvas, file);
    };
    input.addEventListener("change", function () {
      var said = [];
      Array.prototype.forEach.call(input.files, function (file) {
        if (!KINDS.test(file.type)) said.push(h.word("not_photo", { name: file.name }));
        else if (file.size > mb * 1048576) said.push(h.word("too_big", { name: file.name, mb: mb }));
        else if (chosen.length >= most) said.push(h.word("too_many", { n: most }));
        else { chosen.push(file); show(file); }
      });
      complain(said.filter(function (one, at) { return said.indexOf(one) === at; }));
      hand();
    });
  };
  h.onNew(function (piece) { h.all("[data-photos]", piece).forEach(ready); });
})();
