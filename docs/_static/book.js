{
  // A word in the language of the book.
  const t = text => (globalThis.backpropWords || {})[text] || text;

  // An equation and the line that computes it light up together. Without this
  // script each is still a link to the other.
  const light = (tag, on) => {
    for (const e of document.querySelectorAll(`[data-eq="${tag}"]`)) {
      e.classList.toggle("tied", on);
    }
  };
  for (const [come, go] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
    for (const [name, on] of [[come, true], [go, false]]) {
      document.addEventListener(name, event => {
        const tied = event.target.closest("[data-eq]");
        if (tied) light(tied.dataset.eq, on);
      });
    }
  }

  // The first page shows once what a tie is, unless someone points first.
  const glimpse = document.querySelector(".glimpse");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  if (glimpse && !still.matches) {
    const tags = [...glimpse.querySelectorAll(".equation")].map(
      e => e.dataset.eq);
    let turn = -1;
    const next = () => {
      if (turn >= 0) light(tags[turn], false);
      if (++turn < tags.length) light(tags[turn], true);
      else clearInterval(clock);
    };
    const clock = setInterval(next, 2000);
    const stop = () => {
      if (turn < tags.length) tags.forEach(tag => light(tag, false));
      turn = tags.length;
      clearInterval(clock);
    };
    for (const come of ["pointerenter", "focusin"]) {
      glimpse.addEventListener(come, stop);
    }
    next();
  }

  // What a link or a tie leads to may be closed; on paper nothing is.
  const show = () => {
    const there = location.hash && document.getElementById(
      decodeURIComponent(location.hash.slice(1)));
    const closed = there && there.closest("details:not([open])");
    if (!closed) return;
    closed.open = true;
    there.scrollIntoView();
  };
  addEventListener("hashchange", show);
  show();
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const e of opened) e.open = true;
  });
  addEventListener("afterprint", () => {
    for (const e of opened) e.open = false;
  });

  // What can be scrolled sideways can be reached by keyboard.
  const reach = () => {
    for (const e of document.querySelectorAll(".formula, pre, .pane, .table-wrapper")) {
      if (e.scrollWidth > e.clientWidth) {
        e.tabIndex = 0;
        e.role = "group";
        e.ariaLabel ||= e.matches("pre") ? t("Code")
          : e.matches(".formula") ? t("Formula") : t("Wide content");
      } else {
        e.removeAttribute("tabindex");
      }
    }
  };
  // What fits on the screen stays in view beside what is longer.
  const fit = () => {
    for (const e of document.querySelectorAll(".columns > *")) {
      e.classList.toggle("short", e.offsetHeight < innerHeight - 16);
    }
  };
  addEventListener("resize", () => { reach(); fit(); });
  addEventListener("load", fit);
  reach();
  fit();
}
