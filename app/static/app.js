// Blijk's own script. Every page works without it: it keeps focus, guards forms and minds the event stream.
"use strict";
(() => {
  const all = (selector, root = document) => root.querySelectorAll(selector);
  const on = (name, react, capture) => document.addEventListener(name, react, capture);

  // A form is sent once, and the pressed button says that it is busy.
  const sent = new WeakSet();
  const rest = (form) => {
    sent.delete(form);
    for (const button of all("[aria-busy]", form)) button.removeAttribute("aria-busy");
  };
  on("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (sent.has(form)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    sent.add(form);
    event.submitter?.setAttribute("aria-busy", "true");
  }, true);
  on("htmx:afterRequest", ({ target }) => target.matches("form") && rest(target));
  addEventListener("pageshow", () => { for (const form of document.forms) rest(form); });

  on("keydown", (event) => {
    const search = event.key === "Escape" && event.target.closest("form.search");
    if (search) {
      search.lastElementChild.replaceChildren();
      search.q.focus();
    }
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.form) return;
    event.preventDefault();
    event.target.form.requestSubmit();
  });

  // Focus that went away with the old content goes to the new; a badge waits until nobody types.
  let lost = null;
  on("htmx:beforeSwap", ({ detail: { target } }) => {
    const at = document.activeElement;
    lost = at !== document.body && target?.contains(at) ? target.id : null;
  });
  on("htmx:afterSettle", () => {
    const at = lost && document.activeElement === document.body && document.getElementById(lost);
    lost = null;
    if (at) {
      const heir = at.querySelector("[autofocus], h1, h2, h3") || at;
      if (heir.tabIndex < 0) heir.tabIndex = -1;
      heir.focus({ preventScroll: true });
    }
    celebrate();
  });
  const celebrate = () => {
    const dialog = document.querySelector("dialog.award:not([open])");
    if (!dialog || document.querySelector("dialog[open]")) return;
    if (document.activeElement.matches("input, textarea, select")) {
      document.activeElement.addEventListener("blur", () => setTimeout(celebrate, 400), { once: true });
      return;
    }
    dialog.showModal();
    dialog.addEventListener("close", () => dialog.remove());
  };
  celebrate();

  on("click", ({ target }) => {
    target.closest("[data-dismiss]")?.closest(".toast, .note").remove();
    if (!target.closest("[data-theme-switch]")) return;
    const root = document.documentElement;
    const dark = (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
    root.dataset.theme = dark ? "light" : "dark";
    document.cookie = `blijk_theme=${root.dataset.theme};path=/;max-age=31536000;samesite=lax`;
  });
  for (const button of all("[data-theme-switch]")) button.hidden = false;

  // One stream a tab, closed while nobody looks; on return everything that listens asks once.
  let source = null;
  on("htmx:sseOpen", ({ detail }) => { source = detail.source; });
  on("visibilitychange", () => {
    const stream = document.querySelector("[sse-connect]");
    if (!stream || !source) return;
    if (document.hidden) return source.close();
    if (source.readyState !== EventSource.CLOSED) return;
    source = null;
    htmx.trigger(stream, "htmx:afterProcessNode"); // the extension connects anew
    for (const element of all("[hx-trigger*='sse:']", stream)) {
      htmx.trigger(element, "htmx:afterProcessNode"); // and listens to the new stream
      htmx.trigger(element, element.getAttribute("hx-trigger").match(/sse:\w+/)[0]);
    }
  });
})();
