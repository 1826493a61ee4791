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

// What can be scrolled sideways can be reached by keyboard.
const reach = () => {
  for (const e of document.querySelectorAll(".formula, pre, .pane, .table-wrapper")) {
    if (e.scrollWidth > e.clientWidth) {
      e.tabIndex = 0;
      e.role = "group";
      e.ariaLabel ||= e.matches("pre") ? "Code" : e.matches(".formula") ? "Formula" : "Wide content";
    } else {
      e.removeAttribute("tabindex");
    }
  }
};
addEventListener("resize", reach);
reach();
