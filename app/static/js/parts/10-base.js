/* Shared by the other parts: short selectors, the page's sentences, the token, a voice for screen readers. No inline script, no eval. */
(function () {
  "use strict";
  var meta = function (name) { var tag = document.querySelector("meta[name=" + name + "]"); return tag ? tag.content : ""; };
  var words = JSON.parse(meta("words") || "{}");
  window.hotline = {
    ROW: ":is(.job, tr[data-row])",
    BAD: ":is([aria-invalid=true], .field.bad :is(input:not([type=hidden]), textarea, select, button))",
    one: function (selector, root) { return (root || document).querySelector(selector); },
    all: function (selector, root) { return Array.prototype.slice.call((root || document).querySelectorAll(selector)); },
    /* a sentence, with its %(name)s holes filled */
    word: function (key, values) {
      return (words[key] || key).replace(/%\((\w+)\)s/g, function (_all, name) { return values && name in values ? values[name] : ""; });
    },
    token: function () { return meta("csrf-token"); },
    /* spoken once by a screen reader, seen by nobody */
    say: function (text) { var box = document.getElementById("say"); if (box) { box.textContent = ""; setTimeout(function () { box.textContent = text; }, 50); } },
    make: function (tag, attributes, children) {
      var el = document.createElement(tag);
      Object.keys(attributes || {}).forEach(function (name) {
        if (name === "text") el.textContent = attributes[name]; else if (attributes[name] !== null) el.setAttribute(name, attributes[name]);
      });
      (children || []).forEach(function (child) { el.appendChild(child); });
      return el;
    },
    /* chosen on this device for a year; the server reads it to draw the page right from the first byte */
    remember: function (name, value) {
      document.cookie = name + "=" + value + "; path=/; max-age=31536000; samesite=lax" + (location.protocol === "https:" ? "; secure" : "");
    },
    store: {
      get: function (key) { try { return localStorage.getItem(key); } catch (denied) { return null; } },
      set: function (key, value) { try { localStorage.setItem(key, value); return true; } catch (denied) { return false; } },
      drop: function (key) { try { localStorage.removeItem(key); } catch (denied) { /* private mode keeps nothing */ } }
    },
    /* run now and after every htmx swap, on the new piece only */
    onNew: function (act) {
      act(document);
      document.addEventListener("htmx:after:settle", function (e) { act(e.target.isConnected ? e.target.parentNode || e.target : document); });
    }
  };
})();
