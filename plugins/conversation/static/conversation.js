/* Marks what is new, moves the form, keeps a draft, dates a forge's file, follows what has moved. All works without it. */
(() => {
  "use strict";
  const words = document.currentScript.dataset;
  const byId = (id) => document.getElementById(id);
  const section = byId("conversation");
  if (!section) return;

  const read = (store, key) => { try { return window[store].getItem(key); } catch { } };
  const write = (store, key, text) => { try { window[store].setItem(key, text); } catch { } };
  const make = (tag, className, textContent) => Object.assign(document.createElement(tag), { className, textContent });

  const follow = () => {
    const target = byId(location.hash.slice(1));
    const parts = [...section.querySelectorAll(".conversation-parts a[href]")];
    const isFurther = (path) => /\/comments-\d+\.html$/.test(path);
    const link = target
      ? target.closest(".conversation-parts li")?.querySelector("a[href]")
      : isFurther(location.pathname) && /^#comment-/.test(location.hash) && parts.find((a) => !isFurther(a.pathname));
    if (link) location.replace(link.href.split("#")[0] + location.hash);
  };
  addEventListener("hashchange", follow);
  follow();

  /* New until the tab is closed. */
  const seenKey = `conversation-seen:${location.pathname}`;
  const comments = [...section.querySelectorAll(".comment")];
  const before = read("sessionStorage", seenKey) ?? read("localStorage", seenKey);
  if (before != null) {
    const seen = new Set(before.split(" "));
    const fresh = comments.filter((comment) => !seen.has(comment.id) && !comment.matches(".is-removed"));
    const since = make("p", "conversation-since", words.since);
    for (const comment of fresh) {
      const heading = comment.querySelector("h3");
      const link = make("a", "", heading.textContent);
      link.href = `#${comment.id}`;
      link.ariaLabel = link.textContent + ", " + comment.querySelector("time").parentNode.textContent;
      since.append(since.children[0] ? ", " : " ", link);
      heading.append(" ", make("span", "comment-new", words.new));
      comment.classList.add("is-new");
    }
    if (fresh.length) section.querySelector("h2").after(since);
    write("sessionStorage", seenKey, before);
  }
  write("localStorage", seenKey, comments.map((comment) => comment.id).join(" "));

  /* Only now has a forge's file date and id. */
  section.addEventListener("click", ({ target }) => {
    const link = target.closest("[href*=YYYY-]");
    if (!link) return;
    const now = new Date().toISOString().slice(0, 19);
    const id = now.replace(/[-:]/g, "").replace("T", "-") + Math.random().toString(36).replace("0.", "-").slice(0, 5);
    link.href = link.href.replace("YYYYMMDD-HHMMSS-NAME", id).replace("YYYY-MM-DDTHH:MM:SS", now);
  });

  const form = section.querySelector("form.conversation-form");
  if (!form) return;
  const fields = form.elements;
  const legend = form.querySelector("legend");
  const home = new Comment();
  const title = legend.textContent;
  const cancel = make("button", "form-cancel", words.cancel);
  cancel.type = "button";
  form.before(home);

  let asked;
  const idOf = (link) => link.closest(".comment").id;
  const answer = (link) => {
    asked = link;
    fields.in_reply_to?.remove();
    if (link) {
      const parent = { type: "hidden", name: "in_reply_to", value: idOf(link).slice(8) };
      form.append(Object.assign(make("input", "", ""), parent));
      link.after(form);
      form.querySelector(".form-buttons").append(cancel);
    } else {
      home.after(form);
      cancel.remove();
    }
    legend.textContent = link ? link.textContent : title;
  };
  section.addEventListener("click", (event) => {
    const link = event.target.closest(".e-content ~ a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    answer(link);
    (fields.name.value ? fields.body : fields.name).focus();
    save();
  });
  cancel.addEventListener("click", () => {
    const link = asked;
    answer(null);
    link.focus();
    save();
  });

  const draftKey = `conversation-draft:${location.pathname}`;
  const kept = ["name", "url", "body"];
  const save = (event) => {
    const draft = { to: asked && idOf(asked), by: event?.type };
    for (const name of kept) draft[name] = fields[name].value;
    write("localStorage", draftKey, JSON.stringify(draft.body.trim() ? draft : null));
  };
  const draft = JSON.parse(read("localStorage", draftKey) ?? "null");
  const taken = location.hash === "#conversation-sent";
  if (taken) history.replaceState(0, "", "#conversation");
  if (taken && draft?.by === "submit") save(); /* an empty form */
  else if (draft && !fields.body.value) {
    for (const name of kept) fields[name].value = draft[name];
    const link = draft.to && byId(draft.to)?.querySelector(".e-content ~ a");
    answer(link);
  }
  form.addEventListener("input", save);
  form.addEventListener("submit", save);
})();
