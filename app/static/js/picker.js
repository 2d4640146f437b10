/* A long <select> found by typing: a button with data-picker="select id" opens a list of its options. Words, first letters and data-find
   of an option are searched; Enter takes the first, the arrows walk. Chinese input first: nothing happens while composing. */
(function () {
  "use strict";
  var h = window.hotline, MOST = 60;
  var wanted = function (typed) { return typed.toLowerCase().split(/\s+/).filter(Boolean); };
  var found = function (select, typed) {
    var words = wanted(typed);
    return h.all("option", select).filter(function (option) {
      if (!option.value || option.disabled) return false;
      var text = (option.dataset.find || "") + " " + option.textContent.toLowerCase();
      return words.every(function (word) { return text.indexOf(word) >= 0; });
    });
  };
  var choose = function (select, value, box, button) {
    select.value = value;
    box.close();
    select.dispatchEvent(new Event("input", { bubbles: true }));
    select.dispatchEvent(new Event("change", { bubbles: true }));
    if (button.dataset.submits !== undefined) select.form.requestSubmit(); else select.focus();
  };
  var open = function (button) {
    var select = document.getElementById(button.dataset.picker), title = button.dataset.title, old = document.getElementById("picker");
    if (old) old.remove();
    var input = h.make("input", { "class": "form-control", type: "search", "aria-label": title, placeholder: button.dataset.hint || "", autocomplete: "off", "aria-controls": "picker-list" });
    var list = h.make("ul", { "class": "plain picks", id: "picker-list" }), none = h.make("p", { "class": "dim mb-0", text: button.dataset.none, hidden: "" });
    var box = h.make("dialog", { id: "picker", "aria-labelledby": "picker-t" }, [
      h.make("div", { "class": "pane-h" }, [h.make("h2", { id: "picker-t", text: title }), h.make("button", { type: "button", "class": "btn slim push", "data-close": "", text: h.word("close") })]),
      h.make("div", { "class": "pane-b stack tight" }, [input, list, none])
    ]);
    var show = function () {
      var options = found(select, input.value);
      list.textContent = "";
      options.slice(0, MOST).forEach(function (option) {
        var take = h.make("button", { type: "button", "class": "take" + (option.value === select.value ? " strong" : ""), text: option.textContent.trim() });
        take.addEventListener("click", function () { choose(select, option.value, box, button); });
        list.appendChild(h.make("li", {}, [take]));
      });
      none.hidden = options.length > 0;
    };
    var walk = function (e) {
      if (e.isComposing || e.keyCode === 229) return;
      var takes = h.all(".take", list), at = takes.indexOf(document.activeElement);
      if (e.key === "Enter" && e.target === input) { e.preventDefault(); if (takes.length) takes[0].click(); }
      else if (e.key === "ArrowDown" && takes.length) { e.preventDefault(); takes[Math.min(takes.length - 1, at + 1)].focus(); }
      else if (e.key === "ArrowUp" && takes.length) { e.preventDefault(); if (at > 0) takes[at - 1].focus(); else input.focus(); }
    };
    input.addEventListener("input", show);
    box.addEventListener("keydown", walk);
    document.body.appendChild(box);
    show();
    box.showModal();
    input.focus();
  };
  document.addEventListener("click", function (e) { var button = e.target.closest("[data-picker]"); if (button) open(button); });
})();
