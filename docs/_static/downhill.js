// Downhill: a valley that is steeper across than along, and the ways down of
// plain gradient descent and of a ball with momentum, at the same rate.
{
  const {t, say, el, svg, path, slider} = live;
  const UNIT = 20;           // of the drawing; the valley's middle is (0, 0)
  const [WIDE, HIGH] = [10, 6];
  const STEPS = 80;
  const MOST = 4.2;          // of rate times curvature, on the slider

  // The factor by which a step shrinks what is left, in the long run: the
  // larger eigenvalue of section 11's matrix.
  const factor = (mu, c, lambda) => {
    if (!lambda) return 1 - mu * c;
    const trace = 1 - mu * c + lambda;
    const inside = trace ** 2 - 4 * lambda;
    return inside < 0 ? Math.sqrt(lambda)
      : (Math.abs(trace) + Math.sqrt(inside)) / 2;
  };

  live.figure("downhill", given => {
    const set = {ratio: 20, rate: 1.7, momentum: 0.5, x: -8, y: 3.5};
    for (const name of Object.keys(given)) set[name] = Number(given[name]);

    // As in section 11: V = λV - μ dP, that is α = μ/(1 - λ) in (11.3).
    const descend = (mu, lambda) => {
      let w = {W1: [[set.x], [set.y]]};
      let v = net.initialize_velocity(w);
      const way = [[set.x, set.y]];
      for (let k = 0; k < STEPS; k++) {
        const grads = {dW1: [[w.W1[0][0]], [set.ratio * w.W1[1][0]]]};
        [w, v] = net.update_parameters_with_momentum(
          w, grads, v, lambda, mu / (1 - lambda));
        const place = w.W1.flat();
        if (!place.every(p => Math.abs(p) < 1e6)) break;
        way.push(place);
      }
      return way;
    };

    const cost = ([x, y]) => (x * x + set.ratio * y * y) / 2;
    const height = power => 4 + 9 * (4 - power); // in the graph
    const at = ([x, y]) => [x, y].map(p =>
      UNIT * Math.max(-60, Math.min(60, p)));

    // ---- what is drawn ---------------------------------------------------

    const levels = svg("g", {class: "levels"});
    const ways = {plain: svg("g", {class: "way plain"}),
                  rolled: svg("g", {class: "way rolled"})};
    const handle = svg("circle", {class: "handle", r: 9, tabindex: 0, role: "slider",
      "aria-label": t("Start. The arrow keys move it."),
      "aria-valuemin": -WIDE, "aria-valuemax": WIDE});
    const valley = svg("svg", {class: "valley",
      viewBox: `${-WIDE * UNIT} ${-HIGH * UNIT} ${2 * WIDE * UNIT} ${2 * HIGH * UNIT}`},
      levels, svg("path", {class: "axis", d: "M-6 0H6M0-6V6"}), ways.plain, ways.rolled,
      svg("text", {class: "soft", x: WIDE * UNIT - 5, y: HIGH * UNIT - 7, "text-anchor": "end"},
        t("w₁: level")),
      svg("text", {class: "soft", x: -WIDE * UNIT + 5, y: -HIGH * UNIT + 15}, t("w₂: steep")),
      handle);
    const curves = {plain: svg("path", {class: "curve plain"}),
                    rolled: svg("path", {class: "curve rolled"})};
    const graph = svg("svg", {viewBox: "0 0 400 130", class: "graph", role: "img",
      "aria-label": t("The cost after each step, on a scale of powers of ten")},
      svg("path", {class: "axis", d: "M48.5 0V112.5H400"}), curves.plain, curves.rolled,
      svg("path", {class: "guess", d: `M48 ${height(0)}H400`}),
      svg("text", {x: 396, y: 13, "text-anchor": "end", class: "soft"}, t("cost")),
      ...[[2, "100"], [0, "1"], [-2, "0.01"], [-4, "0.0001"], [-6, "10⁻⁶"]].map(([power, words]) =>
        svg("text", {x: 43, y: height(power) + 4, "text-anchor": "end", class: "soft"}, words)),
      svg("text", {x: 48, y: 126, class: "soft"}, t("step {0}", 0)),
      svg("text", {x: 396, y: 126, "text-anchor": "end", class: "soft"}, t("step {0}", STEPS)));
    const table = el("table", {class: "factors"});
    const remark = el("p", {class: "remark"});
    const ticks = el("div", {class: "ticks"});
    const rolledName = el("span", {class: "rolled"}, t("with momentum"));
    const legend = el("p", {class: "status"},
      el("span", {class: "plain"}, t("plain descent")), rolledName);

    const row = (cell, ...texts) => el("tr", {}, texts.map((text, i) =>
      el(i ? cell : "th", {scope: i ? cell === "th" && "col" : "row"}, text)));

    const show = () => {
      const c = set.ratio;
      const mu = set.rate / c;
      const lambda = set.momentum;
      const ahead = {plain: descend(mu, 0), rolled: lambda ? descend(mu, lambda) : []};

      levels.replaceChildren(...Array.from({length: 9}, (_, i) => {
        const rx = 1.6 * (i + 1) * UNIT;
        return svg("ellipse", {rx, ry: rx / Math.sqrt(c)});
      }));
      for (const [name, way] of Object.entries(ahead)) {
        const places = way.map(at);
        ways[name].replaceChildren(svg("path", {d: path(places)}),
          ...places.slice(1).map(([cx, cy]) => svg("circle", {cx, cy, r: 2.4})));
        const heights = way.map(w => height(Math.log10(cost(w) + 1e-99)));
        const end = heights.findIndex(h => h < 0 || h > 112);
        curves[name].setAttribute("d", path(
          heights.slice(0, end < 0 ? STEPS + 1 : end)
            .map((h, k) => [49 + 351 * k / STEPS, h])));
      }
      const [x, y] = at([set.x, set.y]);
      handle.setAttribute("cx", x);
      handle.setAttribute("cy", y);
      handle.setAttribute("aria-valuenow", set.x);
      handle.setAttribute("aria-valuetext", `w₁ = ${say(set.x, 1)}, w₂ = ${say(-set.y, 1)}`);

      const both = lambda ? [0, lambda] : [0];
      const steps = way => {
        const k = way.findIndex(w => cost(w) < cost(way[0]) / 1e4);
        return k >= 0 ? String(k) : t("over {0}", STEPS);
      };
      const shrink = (curvature, l) => {
        const size = factor(mu, curvature, l);
        return el("span", {class: Math.abs(size) > 1 && "away"}, say(size, 3));
      };
      table.replaceChildren(
        el("thead", {}, row("th", t("A step multiplies"), t("plain"),
          ...(lambda ? [t("with momentum")] : []))),
        el("tbody", {},
          row("td", t("along, curvature 1, by"), ...both.map(l => shrink(1, l))),
          row("td", t("across, curvature c = {0}, by", c), ...both.map(l => shrink(c, l))),
          row("td", t("steps to a cost 10,000 times smaller"), steps(ahead.plain),
            ...(lambda ? [steps(ahead.rolled)] : []))));
      rolledName.hidden = !lambda;

      const marks = [[1, "1/c"], [2, "2/c"], ...(lambda ? [[2 * (1 + lambda), "2(1+λ)/c"]] : [])];
      ticks.replaceChildren(...marks.map(([place, words], i) =>
        el("span", {style: `--at: ${place / MOST}`, class: ["", "plain", "rolled"][i]}, words)));
      remark.textContent = set.rate > 2 * (1 + lambda)
        ? t("Beyond 2(1+λ)/c each step lands higher up the other side: both ways diverge.")
        : set.rate > 2
          ? t("Beyond 2/c plain descent lands higher up the other side with each step; momentum still holds.")
          : set.rate === 2
            ? t("At 2/c plain descent jumps across and back, for ever.")
            : set.rate > 1
              ? t("Between 1/c and 2/c plain descent jumps across the valley, and creeps along it.")
              : t("Up to 1/c plain descent goes straight to the middle, and then creeps along it.");
    };

    // ---- what moves it ---------------------------------------------------

    const place = (x, y) => {
      set.x = Math.max(-WIDE + 0.5, Math.min(WIDE - 0.5, x));
      set.y = Math.max(-HIGH + 0.5, Math.min(HIGH - 0.5, y));
      show();
    };
    const follow = event => {
      const box = valley.getBoundingClientRect();
      place((event.clientX - box.left) / box.width * 2 * WIDE - WIDE,
            (event.clientY - box.top) / box.height * 2 * HIGH - HIGH);
      handle.focus({preventScroll: true});
    };
    live.drag(valley, handle, follow);
    valley.addEventListener("click", follow); // a finger's tap
    handle.addEventListener("keydown", event => {
      const move = {ArrowLeft: [-0.5, 0], ArrowRight: [0.5, 0],
                    ArrowUp: [0, -0.5], ArrowDown: [0, 0.5]}[event.key];
      if (!move) return;
      event.preventDefault();
      place(set.x + move[0], set.y + move[1]);
    });

    const change = name => value => {
      set[name] = value;
      rate.set(set.rate); // its value depends on the curvature
      show();
    };
    const rate = slider({label: t("rate"), min: 0.05, max: MOST, step: 0.05, value: set.rate,
      text: x => String(Number((x / set.ratio).toPrecision(3))), change: change("rate")});
    show();
    return el("div", {class: "panels"},
      el("div", {class: "panel"}, valley, legend),
      el("div", {class: "panel tall"},
        el("p", {}, t("Drag the start, or choose another rate.")),
        el("div", {class: "scale"}, rate, ticks),
        el("div", {class: "controls"},
          slider({label: t("momentum λ"), min: 0, max: 0.95, step: 0.05, value: set.momentum,
                  change: change("momentum")}),
          slider({label: t("ratio of curvatures"), min: 1, max: 100, step: 1, value: set.ratio,
                  change: change("ratio")})),
        remark, graph),
      el("div", {class: "panel"}, table));
  });
}
