// What the figures that move have in common: words, elements, controls,
// dragging, and a clock. Each figure is one more file and calls live.figure.
const live = (() => {
  // A word or sentence, in the language of the book; {0}, {1} … are values.
  const t = (words, ...values) => {
    const said = (globalThis.backpropWords || {})[words] || words;
    return said.replace(/\{(\d)\}/g, (_, i) => values[i]);
  };

  // A number with few digits and a true minus sign.
  const say = (v, digits = 2) => {
    if (!Number.isFinite(v)) return v < 0 ? "−∞" : v > 0 ? "∞" : "?";
    const big = Math.abs(v) >= 1e5;
    const text = big ? v.toExponential(1).replace("e+", "e")
      : v.toFixed(Math.abs(v) >= 1000 ? 0 : digits);
    return text.replace(/^-(?=[0.]+$)/, "").replace("-", "−");
  };
  const short = (v, digits = 4) => say(v, digits).replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "");

  // ---- elements ----------------------------------------------------------

  const fill = (element, attributes, children) => {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== undefined && value !== false) {
        element.setAttribute(name, value === true ? "" : value);
      }
    }
    element.append(...children.flat().filter(c => c || c === 0));
    return element;
  };
  const el = (tag, attributes, ...children) =>
    fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes, ...children) => fill(
    document.createElementNS("http://www.w3.org/2000/svg", tag),
    attributes, children);

  const path = points => points.map(([x, y], i) =>
    `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

  // ---- controls ----------------------------------------------------------

  // A slider with its value beside it. `at` turns the position into the
  // value, so that a scale may be one of ratios.
  const slider = ({label, min, max, step, value, at = x => x, text = short,
                   change}) => {
    const knob = el("input", {type: "range", min, max, step, value});
    const shown = el("span", {class: "value", "aria-hidden": "true"});
    const box = el("label", {class: "knob"}, el("span", {}, label), shown, knob);
    const show = () => {
      shown.textContent = text(at(Number(knob.value)));
      knob.setAttribute("aria-valuetext", shown.textContent);
    };
    knob.addEventListener("input", () => {
      show();
      change(at(Number(knob.value)));
    });
    box.set = position => {
      knob.value = position;
      show();
    };
    box.knob = knob;
    show();
    return box;
  };

  const choice = ({label, options, value, change}) => {
    const list = el("select", {onchange: () => change(list.value)},
      Object.entries(options).map(([key, words]) =>
        el("option", {value: key, selected: key === String(value)}, words)));
    return el("label", {class: "choice"}, el("span", {}, label), list);
  };

  const button = (label, click, attributes = {}) =>
    el("button", {type: "button", onclick: click, ...attributes}, label);

  // Follow a pointer over `area`: a mouse from wherever it goes down, a finger
  // from `grip` alone, so that elsewhere it still scrolls the page.
  const drag = (area, grip, move) => {
    // Not by touch-action, which Chromium ignores inside an SVG.
    grip.addEventListener("touchstart", event => event.preventDefault(),
                          {passive: false});
    area.addEventListener("pointerdown", event => {
      if (event.pointerType !== "mouse" && event.target !== grip) return;
      area.setPointerCapture(event.pointerId);
      event.preventDefault();
      move(event);
      area.addEventListener("pointermove", move);
      const stop = () => area.removeEventListener("pointermove", move);
      for (const end of ["pointerup", "pointercancel"]) {
        area.addEventListener(end, stop, {once: true});
      }
    });
  };

  // ---- time --------------------------------------------------------------

  const still = matchMedia("(prefers-reduced-motion: reduce)");

  // A play button: calls tick(frames) while it is on and the figure is in
  // view, 60 frames a second, or, where motion is unwelcome, all frames of
  // a second at once.
  const player = (tick, words = [t("Play"), t("Pause")]) => {
    let on = false;
    let since = 0;
    let seen = true;
    const run = now => {
      if (!on) return;
      const gap = still.matches ? 1000 : 0;
      if (seen && now - since >= gap) {
        since = now;
        if (tick(gap ? 60 : 1) === false) set(false);
      }
      requestAnimationFrame(run);
    };
    const set = value => {
      if (on === value) return;
      on = value;
      play.textContent = words[on ? 1 : 0];
      if (on) requestAnimationFrame(run);
    };
    const play = button(words[0], () => set(!on), {class: "play"});
    new IntersectionObserver(entries => {
      seen = entries.at(-1).isIntersecting;
    }).observe(play);
    play.stop = () => set(false);
    return play;
  };

  // Canvases are not repainted by style sheets: call draw when the theme
  // changes.
  const onTheme = draw => {
    new MutationObserver(draw).observe(
      document.body, {attributes: true, attributeFilter: ["data-theme"]});
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  };
  const colour = name => {
    const hex = getComputedStyle(document.body).getPropertyValue(name).trim();
    return [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16));
  };

  // ---- figures -----------------------------------------------------------

  // make(start, figure) gives what stands in the place of the still picture.
  const figure = (name, make) => {
    for (const box of document.querySelectorAll(`[data-live="${name}"]`)) {
      const stage = el("div", {class: "stage"});
      stage.append(...[make(JSON.parse(box.dataset.start), box)].flat());
      box.querySelector(".still").replaceWith(stage);
    }
  };

  // Light lines of code, under the figure and on the page: "relu.A" is the
  // line of relu that sets A, "pool_forward.A 1" the second such line.
  const light = (box, places) => {
    for (const e of document.querySelectorAll("[data-eq].now")) {
      e.classList.remove("now");
    }
    for (const [place, k = 0] of places.map(name => name.split(" "))) {
      const line = box.querySelectorAll(`[data-line="${place}"]`)[k];
      if (!line) continue;
      line.classList.add("now");
      document.querySelector(`.source [data-eq="${line.dataset.eq}"]`)
        ?.classList.add("now");
    }
  };

  return {t, say, short, el, svg, path, slider, choice, button, drag, player,
          onTheme, colour, figure, light};
})();
