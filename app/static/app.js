// Blijk's own script; every page works without it.
"use strict";
{
  const doc = document;
  const one = (what, root = doc) => root.querySelector(what);
  const all = (what) => doc.querySelectorAll(what);
  const on = (names, react, capture) => names.split(" ").forEach((name) => doc.addEventListener(name, react, capture));

  // A form is sent once; its button says that it is busy, a bar how far a large file is.
  const sent = new WeakSet();
  const rest = (form) => {
    sent.delete(form);
    one("[aria-busy]", form)?.removeAttribute("aria-busy");
  };
  on("submit", (event) => {
    const { target: form, submitter } = event;
    if (form.method !== "post") return;
    if (sent.has(form)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    } else submitter?.setAttribute("aria-busy", sent.add(form) && "true");
  }, true);
  on("htmx:afterRequest", ({ target }) => target.matches("form") && rest(target));
  on("htmx:xhr:progress htmx:xhr:loadend", ({ target, detail: { loaded, total } }) => { // broken off: 0 of 0
    Object.assign(one(".sending", target) || {}, { hidden: total - loaded < 1e5, max: total, value: loaded });
  });
  on("htmx:sendError htmx:timeout", ({ target }) => target.matches("form, a") && toasts.replaceChildren(offline.content.cloneNode(true)));
  addEventListener("pageshow", () => all("form").forEach(rest));

  on("keydown", (event) => {
    const { form } = event.target;
    if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });

  // Focus that went with the old content goes to the new; a badge waits while one types.
  let lost;
  on("htmx:beforeSwap", ({ detail }) => {
    const at = doc.activeElement, { target } = detail;
    if (detail.xhr?.response && target?.querySelector("dialog[open]")) detail.shouldSwap = false;
    lost = at !== doc.body && target?.contains(at) ? target.id : null;
  });
  on("htmx:afterSettle", () => {
    const at = lost && doc.activeElement === doc.body && doc.getElementById(lost);
    lost = null;
    if (at) {
      const heir = at.querySelector("[autofocus], h1, h2, h3") || at;
      if (heir.tabIndex < 0) heir.tabIndex = -1;
      heir.focus({ preventScroll: true });
    }
    celebrate();
  });
  const likes = (how) => matchMedia(`(prefers-${how})`).matches;
  let soon;
  const celebrate = () => {
    const dialog = one("dialog.award:not([open])");
    if (!dialog || likes("reduced-motion: reduce")) return;
    clearTimeout(soon);
    if (one("dialog[open], :popover-open, :is(input, textarea, select):focus")) soon = setTimeout(celebrate, 500);
    else dialog.showModal();
    dialog.onclose = () => dialog.remove();
  };
  celebrate();

  on("click", ({ target }) => {
    target.closest("[data-dismiss]")?.closest(".toast, .note").remove();
    const copy = target.closest("[data-copy]");
    if (copy) navigator.clipboard?.writeText(copy.value).then(() => { copy.textContent = copy.dataset.copy; });
    if (!target.closest("[data-theme-switch]")) return;
    const { dataset } = doc.documentElement;
    dataset.theme = (dataset.theme || likes("color-scheme: dark") && "dark") === "dark" ? "light" : "dark";
    doc.cookie = `blijk_theme=${dataset.theme};path=/;max-age=31536000;samesite=lax`;
  });
  for (const button of all("[data-theme-switch], [data-copy]")) button.hidden = false;

  // One stream a tab, closed while nobody looks; then all that listens asks once.
  let source;
  on("htmx:sseOpen", ({ detail }) => { source = detail.source; });
  on("visibilitychange", () => {
    if (doc.hidden) return source?.close();
    if (!(source?.readyState > 1)) return;
    source = null;
    htmx.trigger(doc.body, "htmx:afterProcessNode"); // the extension connects anew
    for (const part of all("[hx-trigger*='sse:']")) {
      htmx.trigger(part, "htmx:afterProcessNode");
      htmx.trigger(part, part.getAttribute("hx-trigger").match(/sse:[\w:]+/)[0]);
    }
  });
}
