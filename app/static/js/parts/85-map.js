/* Maps: the city's outline from GeoJSON (over tiles where a city has them), pins, and a place one can choose with a click, with the arrow keys or not at all. */
(function () {
  "use strict";
  var h = window.hotline, outlines = {};
  var outline = function (url) { return (outlines[url] = outlines[url] || fetch(url).then(function (answer) { return answer.json(); })); };
  var paint = function () {
    var dark = document.documentElement.dataset.bsTheme === "dark";
    return dark ? { land: "#18262a", edge: "#3a5053", water: "#0e2b33", road: "#24383b", hill: "#1c3331", line: "#8fc1c4" } : { land: "#f8faf9", edge: "#aebab7", water: "#d5e5e7", road: "#e3e8e6", hill: "#e4eeea", line: "#2f5d62" };
  };
  var style = function (feature) {
    var c = paint(), kind = feature.properties.kind, width = feature.properties.width;
    if (kind === "road") return { color: c.road, weight: width || 2, interactive: false };
    if (kind === "river") return { color: c.water, weight: width || 9, lineCap: "round", interactive: false };
    if (kind === "sea" || kind === "lake") return { stroke: false, fillColor: c.water, fillOpacity: 1, interactive: false };
    if (kind === "hill") return { stroke: false, fillColor: c.hill, fillOpacity: 1, interactive: false };
    return { color: c.edge, weight: 1.5, fillColor: c.land, fillOpacity: 1, interactive: false };
  };
  var edge = function () { return { color: paint().line, weight: 2, fill: false, interactive: false }; };
  var isArea = function (feature) { return feature.properties.kind === "area"; };
  var names = function (map, features) {
    var english = document.documentElement.lang === "en";
    features.forEach(function (f) {
      if (!f.properties.name || !f.properties.at) return;
      L.tooltip({ permanent: true, direction: "center", className: "map-t", interactive: false }).setLatLng([f.properties.at[1], f.properties.at[0]]).setContent(h.make("span", { text: (english && f.properties.name_en) || f.properties.name })).addTo(map);
    });
  };
  /* of names too near to each other the first stays: districts come before streets; none lies under the buttons */
  var uncrowd = function (map) {
    var box = map.getContainer(), rect = function (el) { return el.getBoundingClientRect(); }, kept = h.all(".leaflet-control", box).map(rect);
    h.all(".map-t", box).forEach(function (name) {
      var r = rect(name);
      var crowded = kept.some(function (k) { return r.left < k.right + 8 && k.left < r.right + 8 && r.top < k.bottom + 4 && k.top < r.bottom + 4; });
      name.classList.toggle("crowded", crowded);
      if (!crowded) kept.push(r);
    });
  };
  var tiles = function (map, box) {
    L.tileLayer(box.dataset.tiles, { referrerPolicy: "origin" }).addTo(map);      /* services know their users by it */
    L.control.attribution({ prefix: false }).addAttribution(h.make("span", { text: box.dataset.credit }).outerHTML).addTo(map);
  };
  /* text only: a pin's words come from citizens */
  var pin = function (p) {
    var side = p.size || 32;
    return L.marker([p.lat, p.lng], { icon: L.divIcon({ className: "pin " + (p.kind || ""), iconSize: [side, side], html: h.make("span", { text: p.text || "" }) }), title: p.name || "", alt: p.name || p.text || "", keyboard: !!p.name && side >= 24, zIndexOffset: 100 * side });
  };
  /* a chosen place is two hidden fields and the words about them, with a map or without */
  var take = function (place, at) {
    var lng = h.one("[data-lng]", place), lat = h.one("[data-lat]", place), said = h.one("[data-place-said]", place);
    lng.value = at.lng.toFixed(6); lat.value = at.lat.toFixed(6);
    if (said) said.textContent = h.word("you_are_here") + " " + lat.value + ", " + lng.value;
    lng.dispatchEvent(new Event("change", { bubbles: true }));
  };
  var chooser = function (map, box) {
    var place = box.closest("[data-place]"), lng = h.one("[data-lng]", place), lat = h.one("[data-lat]", place), mark = null;
    var choose = function (at) {
      if (mark) mark.remove();
      mark = pin({ lat: at.lat, lng: at.lng, kind: "me", size: 44, text: "●", name: h.word("you_are_here") }).addTo(map);
      take(place, at);
    };
    map.on("click", function (e) { choose(e.latlng); });
    box.addEventListener("keydown", function (e) { if (e.key === "Enter" && e.target === box) { e.preventDefault(); choose(map.getCenter()); } });
    if (lng.value && lat.value) choose({ lng: +lng.value, lat: +lat.value });
    box.choosePlace = function (at) { choose(at); map.panTo(at); };
  };
  var ready = function (box) {
    if (box.dataset.ready || !window.L) return;
    box.dataset.ready = "1";
    var map = L.map(box, { attributionControl: false, zoomControl: !!box.dataset.zoom, scrollWheelZoom: false, zoomSnap: 0.05, keyboard: true });
    outline(box.dataset.city).then(function (city) {
      var b = city.bbox, whole = [[b[1], b[0]], [b[3], b[2]]], view = box.dataset.view ? JSON.parse(box.dataset.view) : whole;
      var fit = function () { if (box.clientWidth) { map.invalidateSize(false); map.fitBounds(view, { padding: [4, 4], animate: false }); uncrowd(map); } };
      map.fitBounds(whole, { animate: false });
      var drawn = box.dataset.tiles ? city.features.filter(isArea) : city.features;      /* tiles have their own rivers and roads */
      if (box.dataset.tiles) tiles(map, box);
      L.geoJSON({ type: "FeatureCollection", features: drawn }, { style: box.dataset.tiles ? edge : style, interactive: false }).addTo(map);
      names(map, drawn);
      map.on("zoomend", function () { uncrowd(map); });
      JSON.parse(box.dataset.pins || "[]").forEach(function (p) { pin(p).addTo(map); });
      if (box.closest("[data-place]")) chooser(map, box);
      fit();
      new ResizeObserver(fit).observe(box);                      /* a map inside a hidden page gets its size later */
    });
  };
  document.addEventListener("click", function (e) {
    var button = e.target.closest("[data-locate]");
    if (!button) return;
    var place = button.closest("[data-place]"), said = h.one("[data-place-said]", place), box = h.one(".map", place);
    var no = function () { if (said) said.textContent = h.word("no_position"); };
    if (!navigator.geolocation) { no(); return; }
    navigator.geolocation.getCurrentPosition(function (at) {
      var here = { lat: at.coords.latitude, lng: at.coords.longitude };
      if (box && box.choosePlace) box.choosePlace(here); else take(place, here);
    }, no, { timeout: 8000, maximumAge: 60000 });
  });
  h.onNew(function (piece) { h.all(".map[data-city]", piece).forEach(ready); });
})();
