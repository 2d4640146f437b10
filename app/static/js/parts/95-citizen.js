/* The citizen's pages: print, share, and photos made small before they travel. Everything works without this, only slower. */
(function () {
  "use strict";
  var h = window.hotline, LONGEST = 2048, ENOUGH = 1500000;
  document.addEventListener("click", function (e) {
    if (e.target.closest("[data-print]")) window.print();
    var share = e.target.closest("[data-share]");
    if (share) navigator.share({ title: document.title, url: share.dataset.share }).catch(function () { /* closed without sharing */ });
  });
  if (navigator.share) h.all("[data-share]").forEach(function (el) { el.hidden = false; });

  /* a phone's photo is 4–12 MB; drawn anew it is a tenth, and without place or device. What cannot be drawn goes as it is. */
  var smaller = function (file) {
    if (!window.createImageBitmap || file.size < ENOUGH || !/jpeg|png|webp/.test(file.type)) return Promise.resolve(file);
    return createImageBitmap(file, { imageOrientation: "from-image" }).then(function (picture) {
      var scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height)), canvas = h.make("canvas", { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      picture.close();
      return new Promise(function (done) {
        canvas.toBlob(function (blob) { done(blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" }) : file); }, "image/jpeg", 0.85);
      });
    }).catch(function () { return file; });
  };
  document.addEventListener("submit", function (e) {
    var form = e.target, input = h.one("[data-photos] input[type=file]", form);
    if (e.defaultPrevented || !input || form.dataset.shrunk || !Array.prototype.some.call(input.files, function (file) { return file.size >= ENOUGH; })) return;
    e.preventDefault();
    Promise.all(Array.prototype.map.call(input.files, smaller)).then(function (files) {
      var bag = new DataTransfer();
      files.forEach(function (file) { bag.items.add(file); });
      input.files = bag.files;
      form.dataset.shrunk = "1";
      form.submit();
    });
  });
})();
