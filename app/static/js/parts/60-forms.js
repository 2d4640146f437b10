/* Forms: sent once, the token goes along, characters are counted, what was typed survives a reload, the first error gets the focus. */
(function () {
  "use strict";
  var h = window.hotline, DRAFTS = "draft:", who = document.body.dataset.who || "", PREFIX = DRAFTS + who + ":";
  document.addEventListener("htmx:config:request", function (e) { e.detail.ctx.request.headers["X-CSRFToken"] = h.token(); });

  /* double click: the second submit of a guarded form is dropped until the page comes back */
  document.addEventListener("submit", function (e) {
    var form = e.target;
    if (!form.matches("[data-guard]") || form.method === "dialog") return;
    if (form.dataset.sent) { e.preventDefault(); e.stopImmediatePropagation(); return; }
    form.dataset.sent = "1";
    if (form.dataset.draft) { clearTimeout(form.saving); save(form); }   /* what is on its way is kept until it has arrived */
    form.setAttribute("aria-busy", "true");
  }, true);
  var release = function (form) { delete form.dataset.sent; form.removeAttribute("aria-busy"); };
  window.addEventListener("pageshow", function () { h.all("form[data-sent]").forEach(release); });
  ["htmx:finally:request", "htmx:error"].forEach(function (name) {
    document.addEventListener(name, function (e) { var form = e.target.closest && e.target.closest("form[data-sent]"); if (form) release(form); });
  });
  /* invalid by the browser's own check: not sent, so not held */
  document.addEventListener("invalid", function (e) { if (e.target.form) release(e.target.form); }, true);

  document.addEventListener("input", function (e) {
    var counter = e.target.dataset && e.target.dataset.counter && document.getElementById(e.target.dataset.counter);
    if (counter) counter.textContent = e.target.value.length;
    var form = e.target.form;
    if (form && form.dataset.draft) { clearTimeout(form.saving); form.saving = setTimeout(function () { save(form); }, 400); }
  });

  /* drafts: data-draft="key" on a form. Passwords, files, tokens, hidden and data-secret fields are never kept. A draft belongs to one
     person: signing out, or somebody else signing in, wipes what others left on this device. */
  var wipe = function (all) {
    try { Object.keys(localStorage).forEach(function (key) { if (key.indexOf(DRAFTS) === 0 && (all || key.indexOf(PREFIX) !== 0)) h.store.drop(key); }); } catch (denied) { /* nothing kept, nothing to wipe */ }
  };
  if (who) wipe(false);
  document.addEventListener("submit", function (e) { if (e.target.matches("[data-sign-out]")) wipe(true); });
  var keepable = function (el) { return el.name && !/^(hidden|password|file|submit|button)$/.test(el.type) && !el.dataset.secret; };
  var save = function (form) {
    var kept = {};
    Array.prototype.forEach.call(form.elements, function (el) {
      if (!keepable(el)) return;
      if (/^(checkbox|radio)$/.test(el.type)) { if (el.checked) (kept[el.name] = kept[el.name] || []).push(el.value); } else kept[el.name] = el.value;
    });
    if (!h.store.set(PREFIX + form.dataset.draft, JSON.stringify({ at: Date.now(), kept: kept }))) return;
    h.all("[data-draft-said]", form.closest("main") || document).forEach(function (el) { el.hidden = false; el.textContent = h.word("saved"); });
  };
  var restore = function (form) {
    if (form.dataset.restored) return;
    form.dataset.restored = "1";   /* once, when the form comes: a draft saved since then is older than what stands in the fields */
    var raw = h.store.get(PREFIX + form.dataset.draft), changed = false;
    if (!raw) return;
    var draft = JSON.parse(raw);
    if (Date.now() - draft.at > (who ? 12 * 36e5 : 7 * 864e5)) { h.store.drop(PREFIX + form.dataset.draft); return; }
    Array.prototype.forEach.call(form.elements, function (el) {
      if (!keepable(el) || !(el.name in draft.kept)) return;
      var was = draft.kept[el.name];
      if (/^(checkbox|radio)$/.test(el.type)) { var on = was.indexOf(el.value) >= 0; changed = changed || on !== el.checked; el.checked = on; }
      else if (el.value !== was) { changed = changed || was !== ""; el.value = was; el.dispatchEvent(new Event("input", { bubbles: true })); }
    });
    if (changed) offerDrop(form);
  };
  var offerDrop = function (form) {
    var button = h.make("button", { type: "button", "class": "btn slim push", text: h.word("draft_drop") });
    var note = h.make("div", { "class": "note draft-note", role: "status" }, [h.make("div", { "class": "grow", text: h.word("draft") }), button]);
    button.addEventListener("click", function () { clearTimeout(form.saving); h.store.drop(PREFIX + form.dataset.draft); note.remove(); form.reset(); h.all("[data-counter]", form).forEach(function (el) { el.dispatchEvent(new Event("input", { bubbles: true })); clearTimeout(form.saving); }); });
    form.insertBefore(note, form.firstChild);
  };
  /* the server says a draft is done with (kit.draft_done): in the next page's body, or in a header of an htmx answer */
  var done = function (key) {
    h.all("form[data-draft]").forEach(function (form) { if (form.dataset.draft === key) clearTimeout(form.saving); });
    h.store.drop(PREFIX + key);
  };
  h.all("[data-draft-done]").forEach(function (el) { done(el.dataset.draftDone); });
  document.addEventListener("htmx:after:request", function (e) {
    var keys = e.detail.ctx.response.headers.get("X-Drafts-Done");
    if (keys) JSON.parse(keys).forEach(done);
  });

  h.onNew(function (piece) {
    h.all("form[data-draft]", piece).forEach(function (form) { if (!h.one(".bad", form)) restore(form); });
    var problem = h.one("[data-focus]", piece) || h.one(h.BAD, piece);
    if (problem && !problem.dataset.focused) { problem.dataset.focused = "1"; problem.focus(); }
  });
})();
