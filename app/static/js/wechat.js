/* A page of the portal inside WeChat: signed by our server, so that a shared page has its title, words and mark; and the platform's own tag for notices. */
(function () {
  "use strict";
  var own = document.querySelector("script[data-wechat]"), wx = window.wx;
  if (!own || !wx) return;
  var origin = location.origin, shared = {
    title: own.dataset.link === "/" ? own.dataset.title : document.title, desc: own.dataset.words, imgUrl: origin + own.dataset.mark, link: origin + own.dataset.link
  };
  /* the platform's own tags are shown where this WeChat can draw them */
  var broken = false, tags = function (shown) { document.querySelectorAll("[data-wechat-tag]").forEach(function (part) { part.hidden = !shown; }); };
  document.addEventListener("WeixinOpenTagsError", function () { broken = true; tags(false); });
  fetch("/wechat/signature?path=" + encodeURIComponent(location.pathname + location.search)).then(function (answer) {
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  }).then(function (signed) {
    wx.config(Object.assign({ debug: false, jsApiList: ["updateAppMessageShareData", "updateTimelineShareData"], openTagList: ["wx-open-subscribe"] }, signed));
    wx.ready(function () {
      tags(!broken);
      wx.updateAppMessageShareData(shared);
      wx.updateTimelineShareData({ title: shared.title, link: shared.link, imgUrl: shared.imgUrl });
    });
  }).catch(function () { /* without a signature WeChat shares the page's plain address */ });
})();
