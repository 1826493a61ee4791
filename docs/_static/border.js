// A border forms: a net 2-h-1 learns to tell two kinds of points apart, step
// by step, while one watches its border, its cost and its hidden units.
{
  const {t, say, el, svg, path, slider, choice, button} = live;
  const REACH = 2.2; // of the plane, from its middle to each side
  const GRID = 49;   // places where the net is asked, along a side
  const SIDE = 300;  // of the drawing
  const STEPS = 4;   // a frame
  const px = x => (x / REACH + 1) * SIDE / 2;
  const py = y => (1 - y / REACH) * SIDE / 2;

  // ---- points ------------------------------------------------------------

  const kinds = {
    moons: (k, u) => {
      const angle = Math.PI * u;
      return k ? [0.8 - 1.3 * Math.cos(angle), 0.45 - 1.3 * Math.sin(angle)]
        : [-0.6 + 1.3 * Math.cos(angle), -0.35 + 1.3 * Math.sin(angle)];
    },
    ring: (k, u) => {
      const size = k ? 0.45 : 1.6;
      return [size * Math.cos(2 * Math.PI * u), size * Math.sin(2 * Math.PI * u)];
    },
    corners: (k, u) => {
      const side = u < 0.5 ? 1 : -1;
      return [side, k ? side : -side];
    },
    clouds: k => k ? [0.9, 0.7] : [-0.9, -0.7],
  };
  const noise = {moons: 0.17, ring: 0.17, corners: 0.38, clouds: 0.5};

  const makePoints = kind => {
    const draw = net.random(7);
    const points = Array.from({length: 120}, (_, i) => {
      const k = i % 9 < 4 ? 1 : 0; // not as many of each: see remarkOn
      const [x, y] = kinds[kind](k, draw());
      return [x + noise[kind] * net.normal(draw),
              y + noise[kind] * net.normal(draw), k];
    }).map(([x, y, k]) => [...[x, y].map(v => Math.max(-2.1, Math.min(2.1, v))), k]);
    const [xs, ys, labels] = net.transpose(points);
    return [[xs, ys], [labels]];
  };

  const lattice = (() => {
    const at = i => (2 * i / (GRID - 1) - 1) * REACH;
    const all = Array.from({length: GRID * GRID}, (_, n) => n);
    return [all.map(n => at(n % GRID)), all.map(n => -at(Math.floor(n / GRID)))];
  })();

  // Where Z, given on the lattice, passes through 0: pieces of a line.
  const zeroLine = Z => {
    const cell = SIDE / (GRID - 1);
    const pieces = [];
    for (let i = 0; i + 1 < GRID; i++) {
      for (let j = 0; j + 1 < GRID; j++) {
        const corners = [[j, i], [j + 1, i], [j + 1, i + 1], [j, i + 1]];
        const crossings = [];
        corners.forEach(([x, y], n) => {
          const [x1, y1] = corners[(n + 1) % 4];
          const [z, z1] = [Z[y * GRID + x], Z[y1 * GRID + x1]];
          if ((z > 0) !== (z1 > 0)) {
            const part = z / (z - z1);
            crossings.push([(x + part * (x1 - x)) * cell,
                            (y + part * (y1 - y)) * cell]);
          }
        });
        for (let n = 0; n + 1 < crossings.length; n += 2) {
          pieces.push(path(crossings.slice(n, n + 2)));
        }
      }
    }
    return pieces.join("");
  };

  // The part of the line w0 x + w1 y + b = 0 that lies in the plane.
  const unitLine = ([w0, w1], b) => {
    const ends = [];
    for (const s of [-REACH, REACH]) {
      const [x, y] = [(-b - w1 * s) / w0, (-b - w0 * s) / w1];
      if (Math.abs(x) <= REACH) ends.push([x, s]);
      if (Math.abs(y) < REACH) ends.push([s, y]);
    }
    return ends.length < 2 ? null : ends.slice(0, 2).map(([x, y]) => [px(x), py(y)]);
  };

  // ---- the figure --------------------------------------------------------

  live.figure("border", given => {
    const set = {points: "moons", hidden: 5, activation: "tanh", rate: 0.5,
                 momentum: 0.9, batch: "all", first: "random", ...given};
    for (const name of ["hidden", "rate", "momentum"]) set[name] = Number(set[name]);
    let seed = 3;
    let X, Y, parameters, v, draw, batches, steps, costs;

    const activations = () => [set.activation, "sigmoid"];

    const start = () => {
      draw = net.random(seed);
      const weights = (rows, columns) => net.each(net.zeros(rows, columns), () =>
        set.first === "zeros" ? 0 : net.normal(draw) / Math.sqrt(columns));
      parameters = {W1: weights(set.hidden, 2), b1: net.zeros(set.hidden, 1),
                    W2: weights(1, set.hidden), b2: net.zeros(1, 1)};
      v = net.initialize_velocity(parameters);
      [batches, steps, costs] = [[], 0, []];
    };

    const step = () => {
      if (!batches.length) {
        batches = set.batch === "all" ? [[X, Y]]
          : net.random_mini_batches(X, Y, Number(set.batch), draw);
      }
      const [x, y] = batches.shift();
      const [AL, caches] = net.L_model_forward(x, parameters, activations());
      const grads = net.L_model_backward(AL, y, caches, activations());
      [parameters, v] = net.update_parameters_with_momentum(
        parameters, grads, v, set.momentum, set.rate);
      steps += 1;
    };

    // ---- what is drawn ---------------------------------------------------

    const shade = el("canvas", {width: GRID, height: GRID, "aria-hidden": "true"});
    const lines = svg("g", {class: "unit-lines"});
    const border = svg("path", {class: "border"});
    const dots = svg("g", {class: "dots"});
    const plane = el("div", {class: "plane"}, shade,
      svg("svg", {viewBox: `0 0 ${SIDE} ${SIDE}`, role: "img", "aria-label":
        t("Points of two kinds, the net's border between them, and a line for each hidden unit")},
      dots, lines, border));
    const curve = svg("path", {class: "curve"});
    const guess = svg("path", {class: "guess"});
    const guessName = svg("text", {x: 396, "text-anchor": "end", class: "soft"},
      t("guessing: ln 2"));
    const most = svg("text", {x: 5, y: 13, class: "soft"});
    const last = svg("text", {x: 396, y: 126, "text-anchor": "end", class: "soft"});
    const graph = svg("svg", {viewBox: "0 0 400 130", class: "graph", role: "img",
                              "aria-label": t("The cost after each step")},
      svg("path", {class: "axis", d: "M0.5 0V112.5H400"}), guess, guessName, curve,
      most, last, svg("text", {x: 4, y: 126, class: "soft"}, t("step {0}", 0)));
    const units = el("div", {class: "units"});
    const status = el("p", {class: "status"});
    const remark = el("p", {class: "remark"});

    const putPoints = () => {
      [X, Y] = makePoints(set.points);
      dots.replaceChildren(...X[0].map((x, j) => Y[0][j]
        ? svg("path", {class: "yes", d: "M0-4.2L4.2 0L0 4.2L-4.2 0Z",
                       transform: `translate(${px(x)} ${py(X[1][j])})`})
        : svg("circle", {class: "no", r: 3.3, cx: px(x), cy: py(X[1][j])})));
    };

    const putUnits = () => units.replaceChildren(...parameters.W1.map((_, k) =>
      el("figure", {},
        el("canvas", {width: GRID, height: GRID, role: "img",
                      "aria-label": t("Output of hidden unit {0} over the plane", k + 1)}),
        el("figcaption", {}, el("b", {}, String(k + 1)), el("span")))));

    // Values from -1 to 1 as shades of the two colours.
    const paint = (canvas, values, strength) => {
      const [no, yes] = [live.colour("--c1"), live.colour("--c2")];
      const context = canvas.getContext("2d");
      const image = context.createImageData(GRID, GRID);
      values.forEach((value, n) => {
        const level = Math.round(value * 5) / 5;
        image.data.set([...(level < 0 ? no : yes),
                        Math.abs(level) * strength * 255], 4 * n);
      });
      context.putImageData(image, 0, 0);
    };

    const remarkOn = () => {
      const {W1, b1, W2} = parameters;
      const alike = W1.every((row, k) => row.concat(b1[k], W2[0][k]).every(
        (w, i) => Math.abs(w - [...W1[0], b1[0][0], W2[0][0]][i]) < 1e-12));
      if (!Number.isFinite(costs.at(-1)[1])) {
        return t("The cost is no number any more: the rate is too large.");
      }
      if (set.hidden > 1 && alike && steps) {
        const idle = [...W1.flat(), ...W2.flat()].every(w => w === 0);
        return idle
          ? t("Every weight is 0, and so is every gradient except that of the last bias: no border can form.")
          : t("All {0} units got the same gradient and are still equal: together they are no more than one.", set.hidden);
      }
      return t("Dashed: where each hidden unit's Z is 0. The small squares: what each unit says, and its weight in the answer.");
    };

    const show = () => {
      const [A, caches] = net.L_model_forward(lattice, parameters, activations());
      const hidden = caches[1][0][0];
      paint(shade, A[0].map(a => 2 * a - 1), 0.42);
      border.setAttribute("d", zeroLine(caches[1][1][0]));
      const strongest = Math.max(...parameters.W2[0].map(Math.abs), 1e-9);
      lines.replaceChildren(...parameters.W1.flatMap((w, k) => {
        const ends = unitLine(w, parameters.b1[k][0]);
        if (!ends) return [];
        const weight = Math.abs(parameters.W2[0][k]) / strongest;
        const [x, y] = ends[0].map(c => Math.min(Math.max(c, 9), SIDE - 9));
        return [svg("g", {opacity: 0.35 + 0.65 * weight},
          svg("path", {d: path(ends)}),
          svg("text", {x, y: y + 4, "text-anchor": "middle"}, String(k + 1)))];
      }));
      [...units.children].forEach((unit, k) => {
        const scale = Math.max(1, ...hidden[k].map(Math.abs));
        paint(unit.firstChild, hidden[k].map(a => a / scale), 0.8);
        unit.querySelector("span").textContent = say(parameters.W2[0][k], 1);
      });

      const [AL] = net.L_model_forward(X, parameters, activations());
      const cost = net.compute_cost(AL, Y);
      if (!costs.length || costs.at(-1)[0] < steps) costs.push([steps, cost]);
      if (costs.length > 600) costs = costs.filter((_, i) => i % 2 === 0 || i === costs.length - 1);
      const right = AL[0].map((a, j) => (a > 0.5) === (Y[0][j] === 1));
      right.forEach((ok, j) => dots.children[j].classList.toggle("wrong", !ok));
      const top = Math.max(1, ...costs.map(([, c]) => c).filter(Number.isFinite));
      const height = c => 112 - 108 * c / top;
      curve.setAttribute("d", path(costs.filter(([, c]) => Number.isFinite(c))
        .map(([n, c]) => [1 + 398 * n / Math.max(steps, 100), height(c)])));
      guess.setAttribute("d", `M0 ${height(Math.LN2)}H400`);
      guessName.setAttribute("y", height(Math.LN2) - 4);
      most.textContent = t("cost {0}", say(top, 1));
      last.textContent = t("step {0}", Math.max(steps, 100));
      status.replaceChildren(
        el("span", {}, t("step"), " ", el("b", {}, String(steps))),
        el("span", {}, t("cost"), " ", el("b", {}, say(cost, 4))),
        el("span", {}, t("right"), " ", el("b", {},
          t("{0} of {1}", right.filter(Boolean).length, right.length))));
      remark.textContent = remarkOn();
    };

    const again = () => {
      play.stop();
      start();
      putUnits();
      show();
    };
    const play = live.player(frames => {
      for (let n = 0; n < STEPS * frames; n++) step();
      show();
      return Number.isFinite(costs.at(-1)[1]);
    });

    // What is chosen before the first step starts anew; the rest acts at once.
    const fresh = name => value => {
      set[name] = value;
      if (name === "points") putPoints();
      again();
    };
    const controls = el("div", {class: "controls"},
      choice({label: t("points"), value: set.points, change: fresh("points"),
              options: {moons: t("two moons"), ring: t("ring and disk"),
                        corners: t("four corners"), clouds: t("two clouds")}}),
      choice({label: t("activation"), value: set.activation, change: fresh("activation"),
              options: {tanh: "tanh", sigmoid: "sigmoid", relu: "relu", gaussian: "gaussian"}}),
      choice({label: t("start"), value: set.first, change: fresh("first"),
              options: {random: t("random"), zeros: t("all zeros")}}),
      choice({label: t("batch"), value: set.batch,
              change: value => {
                set.batch = value;
                batches = [];
              },
              options: {all: t("all points"), 30: "30", 10: "10", 1: "1"}}),
      slider({label: t("hidden units"), min: 1, max: 8, step: 1, value: set.hidden,
              change: fresh("hidden")}),
      slider({label: t("rate α"), min: -2, max: 1.5, step: 0.05,
              value: Math.log10(set.rate), at: x => 10 ** x,
              text: x => String(Number(x.toPrecision(2))),
              change: value => set.rate = value}),
      slider({label: t("momentum β"), min: 0, max: 0.95, step: 0.05, value: set.momentum,
              change: value => set.momentum = value}));
    const buttons = el("div", {class: "buttons"}, play,
      button(t("Step"), () => {
        play.stop();
        step();
        show();
      }),
      button(t("Start again"), again),
      button(t("Other weights"), () => {
        seed += 1;
        again();
      }));

    putPoints();
    again();
    live.onTheme(show);
    return el("div", {class: "panels"},
      el("div", {class: "panel"}, plane, units),
      el("div", {class: "panel"}, buttons, status, graph, controls, remark));
  });
}
