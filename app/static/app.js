// Blijk's own script; every page works without it. It keeps focus, guards forms, minds the event stream.
"use strict";
(() => {
  const doc = document;
  const one = (what) => doc.querySelector(what);
  const all = (what, root = doc) => root.querySelectorAll(what);
  const on = (name, react, capture) => doc.addEventListener(name, react, capture);

  // A form is sent once; its button says that it is busy.
  const sent = new WeakSet();
  const rest = (form) => {
    sent.delete(form);
    for (const button of all("[aria-busy]", form)) button.removeAttribute("aria-busy");
  };
  on("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (!sent.has(form)) {
      sent.add(form);
      return event.submitter?.setAttribute("aria-busy", "true");
    }
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
  on("htmx:afterRequest", ({ target }) => target.matches("form") && rest(target));
  const gone = ({ target }) => target.matches("form, a") && toasts.replaceChildren(offline.content.cloneNode(true));
  for (const name of ["sendError", "timeout"]) on(`htmx:${name}`, gone);
  addEventListener("pageshow", () => all("form").forEach(rest));

  on("keydown", (event) => {
    const { form } = event.target;
    if (!form || event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.requestSubmit();
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
    const root = doc.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : likes("color-scheme: dark");
    const theme = root.dataset.theme = dark ? "light" : "dark";
    doc.cookie = `blijk_theme=${theme};path=/;max-age=31536000;samesite=lax`;
  });
  for (const button of all("[data-theme-switch], [data-copy]")) button.hidden = false;

  // One stream a tab, closed while nobody looks; then all that listens asks once.
  let source;
  on("htmx:sseOpen", ({ detail }) => { source = detail.source; });
  on("visibilitychange", () => {
    const stream = one("[sse-connect]");
    if (!stream || !source) return;
    if (doc.hidden) return source.close();
    if (source.readyState < 2) return; // not closed
    source = null;
    htmx.trigger(stream, "htmx:afterProcessNode"); // the extension connects anew
    for (const part of all("[hx-trigger*='sse:']", stream)) {
      htmx.trigger(part, "htmx:afterProcessNode"); // and listens to it
      htmx.trigger(part, part.getAttribute("hx-trigger").match(/sse:[\w:]+/)[0]);
    }
  });
})();
