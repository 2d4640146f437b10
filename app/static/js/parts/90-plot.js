/* Plots: data-plot holds a small JSON; one palette; a text table or a sentence stands beside every plot. Red and yellow mean time only. */
(function () {
  "use strict";
  var h = window.hotline;
  var css = function (name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); };
  var series = function (s, ink, palette) {
    return {
      name: s.name, type: s.kind || "bar", stack: s.stack, data: s.data, barMaxWidth: 18, symbol: "circle", symbolSize: 6,
      label: s.labels ? { show: true, position: "right", color: ink } : undefined,
      endLabel: s.end ? { show: true, formatter: "{a}", color: palette[s.colour || "accent"] } : undefined,
      itemStyle: { color: palette[s.colour || "accent"] }, lineStyle: { width: 2, type: s.dashed ? "dashed" : "solid" }
    };
  };
  /* `room`: the plot's width; names beside bars take half of it at most, a longer one stands whole under "look at the figures" */
  var options = function (o, room) {
    var ink = css("--ink-2"), line = css("--line"), bare = { show: false };
    var palette = { accent: css("--accent"), red: css("--red"), yellow: css("--yellow"), grey: css("--line-2"), ink: css("--ink") };
    var words = { color: ink }, names = { type: "category", data: o.x, axisTick: bare, axisLabel: words, axisLine: { lineStyle: { color: line } } };
    var scale = { type: "value", min: o.min, max: o.max, splitLine: { lineStyle: { color: line } }, axisLabel: words };
    return {
      animation: false, aria: { enabled: true }, textStyle: { fontFamily: css("--tblr-font-sans-serif"), color: ink },
      grid: { left: o.left || 44, right: o.right || 16, top: 28, bottom: 28 }, tooltip: { trigger: "axis", renderMode: "richText" },
      legend: o.legend === false ? undefined : { top: 0, right: 0, icon: "rect", itemWidth: 10, itemHeight: 10, textStyle: words },
      xAxis: o.flip ? { type: "value", show: false } : names,
      yAxis: o.flip ? { type: "category", data: o.x, inverse: true, axisTick: bare, axisLine: bare, axisLabel: { color: ink, interval: 0, width: (room || 600) / 2, overflow: "truncate" } } : scale,
      series: o.series.map(function (s) { return series(s, ink, palette); })
    };
  };
  var ready = function (el) {
    if (el.dataset.ready || !window.echarts) return;
    el.dataset.ready = "1";
    var chart = window.echarts.init(el, null, { renderer: "svg" });
    chart.setOption(options(JSON.parse(el.dataset.plot), el.clientWidth));
    new ResizeObserver(function () { chart.resize(); }).observe(el);
  };
  h.onNew(function (piece) { h.all("[data-plot]", piece).forEach(ready); });
})();
