// Keys for the moderator's queue. Everything works without: a key does what a click on the page does.
(() => {
  "use strict";
  const candidates = Array.from(document.querySelectorAll(".candidate"));
  const help = document.getElementById("keys");
  if (!help || !candidates.length) return;
  let current = -1;

  const move = (step) => {
    current = Math.min(Math.max(current + step, 0), candidates.length - 1);
    candidates[current].focus({ preventScroll: true });
    candidates[current].scrollIntoView({ block: "nearest" });
  };

  const choose = (action) => {
    if (current < 0) move(1);
    const radios = candidates[current].querySelectorAll("input[type=radio]");
    const chosen = Array.from(radios).find((radio) => radio.value === action);
    if (!chosen) return;
    (chosen.checked ? radios[0] : chosen).checked = true;
  };

  const edit = () => {
    const button = current < 0 ? null : candidates[current].querySelector("button.edit");
    if (button) button.click();
  };

  const showHelp = () => {
    help.hidden = !help.hidden;
    if (!help.hidden) help.scrollIntoView({ block: "nearest" });
  };

  const keys = {
    j: () => move(1),
    k: () => move(-1),
    a: () => choose("approve"),
    r: () => choose("reject"),
    s: () => choose("spam"),
    e: edit,
    "?": showHelp,
  };

  const isTyping = (element) => element.matches("textarea, select, input:not([type=radio]):not([type=checkbox])");

  document.addEventListener("focusin", (event) => {
    const candidate = event.target.closest(".candidate");
    if (candidate) current = candidates.indexOf(candidate);
  });

  document.addEventListener("keydown", (event) => {
    const form = document.querySelector("form.queue");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("button.form-send"));
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape" && current >= 0 && isTyping(event.target)) {
      candidates[current].focus();
      return;
    }
    const act = keys[event.key];
    if (!act || isTyping(event.target)) return;
    event.preventDefault();
    act();
  });

  const hint = document.createElement("p");
  hint.className = "form-hint keys-hint";
  hint.append("Press ", Object.assign(document.createElement("kbd"), { textContent: "?" }), " for the keys.");
  document.querySelector("form.queue").prepend(hint);
})();
