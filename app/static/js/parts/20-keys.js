/* Keys. Chinese input first: nothing happens while composing; a single letter never acts inside a field; Alt and F keys act everywhere. */
(function () {
  "use strict";
  var h = window.hotline, root = document.documentElement;
  var editing = function (el) {
    if (!el || !el.tagName) return false;
    if (el.tagName === "INPUT") return !/^(checkbox|radio|button|submit|reset|file|range|color)$/.test(el.type);
    return /^(TEXTAREA|SELECT)$/.test(el.tagName) || el.isContentEditable;
  };
  var name = function (e) {
    var key = /^Key/.test(e.code) ? e.code.slice(3) : /^Digit/.test(e.code) ? e.code.slice(5) : e.key;
    if (e.altKey) return "ALT+" + key.toUpperCase();
    if (e.key === "?" || e.key === "/" || e.key === "[" || e.key === "]") return e.key;
    return (e.shiftKey && /^[A-Z]$/.test(key) ? "SHIFT+" : "") + key.toUpperCase();
  };
  var seen = function (el) { return el.offsetParent !== null || el.getClientRects().length > 0; };
  /* inside an open dialog only its own keys act */
  var holders = function (key) {
    var open = h.all("dialog[open]").pop();
    return h.all("[data-key]", open || document).filter(function (el) { return el.dataset.key.toUpperCase() === key && !el.disabled && seen(el); });
  };
  var find = function (key) {
    var all = holders(key);
    return all.filter(function (el) { return el.closest(h.ROW + ".sel"); })[0] || all.filter(function (el) { return !el.closest(h.ROW); })[0];
  };
  var act = function (el) {
    var group = el.tagName === "FIELDSET" && (h.one(":checked", el) || h.one("input", el));
    if (group) { group.focus(); return; }                      /* arrows and space choose from there */
    var field = el.control || (editing(el) ? el : null);
    if (!field) { el.focus(); el.click(); return; }
    field.focus();
    if (/^(radio|checkbox)$/.test(field.type)) field.click(); else if (field.select && field.type === "search") field.select();
  };
  document.addEventListener("keydown", function (e) {
    if (e.isComposing || e.keyCode === 229 || e.ctrlKey || e.metaKey || e.defaultPrevented) return;
    var key = name(e), anywhere = e.altKey || /^F\d/.test(key);
    if (!anywhere && (editing(e.target) || root.dataset.keys === "off")) return;
    if (key === "?") { e.preventDefault(); h.keyHelp(); return; }
    if (!h.one("dialog[open]") && h.rowKey && h.rowKey(key, e)) { e.preventDefault(); return; }
    var hit = find(key);
    if (hit) { e.preventDefault(); act(hit); }
  });

  /* "?" lists what this page answers to and can switch single letters off (WCAG 2.1.4) */
  var line = function (text, key) {
    return h.make("li", {}, [h.make("span", { text: text }), h.make("kbd", { text: key.replace("+", " ").replace("Enter", "↵") })]);
  };
  var label = function (el) {
    if (el.dataset.keyName) return el.dataset.keyName;
    var copy = el.cloneNode(true);
    h.all("kbd, .must", copy).forEach(function (k) { k.remove(); });
    return el.getAttribute("aria-label") || copy.textContent.trim() || el.getAttribute("placeholder") || "";
  };
  var list = function () {
    var done = {}, box = h.make("ul", { "class": "plain keys" });
    if (h.one(h.ROW)) [["J", "key_down"], ["K", "key_up"], ["Enter", "key_open"]].forEach(function (p) { done[p[0]] = 1; box.appendChild(line(h.word(p[1]), p[0])); });
    h.all("[data-key]").forEach(function (el) {
      if (done[el.dataset.key] || el.dataset.key === "?" || el.disabled) return;
      done[el.dataset.key] = 1;
      box.appendChild(line(label(el), el.dataset.key));
    });
    return box;
  };
  h.keyHelp = function () {
    var old = document.getElementById("keys"); if (old) old.remove();
    var off = h.make("input", { type: "checkbox", "class": "form-check-input" });
    off.checked = root.dataset.keys === "off";
    off.addEventListener("change", function () { root.dataset.keys = off.checked ? "off" : "on"; h.remember("letters", root.dataset.keys); });
    var box = h.make("dialog", { id: "keys", "aria-labelledby": "keys-t" }, [
      h.make("div", { "class": "pane-h" }, [h.make("h2", { id: "keys-t", text: h.word("keys_title") }), h.make("button", { "class": "btn slim push", "data-close": "", text: h.word("close") })]),
      h.make("div", { "class": "pane-b" }, [list(), h.make("label", { "class": "check mt-3" }, [off, h.make("span", { text: h.word("keys_off") })])])
    ]);
    document.body.appendChild(box);
    box.showModal();
  };
})();
