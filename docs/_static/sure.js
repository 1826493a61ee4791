// Sure and wrong: scores on sliders, probabilities as bars, A - Y as arrows.
// Beside it the two costs over the score of the truth: cross-entropy, which
// goes on rising, and the squared error, which goes flat.
{
  const {t, say, short, el, svg, path, slider, choice, button} = live;
  const REACH = 8;                  // of a score, to either side
  const [LEFT, RIGHT, LOW] = [34, 396, 172];

  live.figure("sure", given => {
    const several = given.outputs !== "1";
    const names = several ? [t("cat"), t("dog"), t("bird")] : [t("yes")];
    let Z = (given.scores || (several ? "3,1,-1" : "-3")).split(",").map(z => [Number(z)]);
    const most = several ? 16 : 8;  // of a cost, in the drawing
    let truth = Number(given.truth ?? (several ? 2 : 1));

    // The label as a column, and for one set of scores both costs with their
    // gradients by Z.
    const labels = () => several ? Z.map((_, c) => [c === truth ? 1 : 0]) : [[truth]];
    const compute = scores => {
      const [g, Y] = [several ? "softmax" : "sigmoid", labels()];
      const A = net.ACTIVATIONS[g](scores);
      const dA = several ? net.compute_categorical_cost_backward(A, Y)
        : net.compute_cost_backward(A, Y);
      const off = net.each(A, (a, c) => a - Y[c][0]);
      return {A, cost: net.cost_of([g])(A, Y), dZ: net.DERIVATIVES[g](dA, scores),
              squared: net.sum(off.flat().map(d => d * d)) / 2,
              squared_dZ: net.DERIVATIVES[g](off, scores)};
    };

    // The score that is moved along the curves: that of the truth. A "no" is
    // a score for yes as well, and the curves are mirrored.
    const row = () => several ? truth : 0;
    const moved = z => Z.map(([old], c) => [c === row() ? z : old]);

    // ---- what is drawn ---------------------------------------------------

    const bars = svg("svg", {class: "bars", role: "img"});
    const curves = svg("svg", {viewBox: "0 0 400 200", role: "img", "aria-label":
      t("Both costs over the score of the truth, with their slopes at the score chosen")});
    const numbers = el("table", {});
    const remark = el("p", {class: "remark"});

    const drawBars = now => {
      const Y = labels();
      // Two answers of one unit: yes, and no, which has what is left.
      const shown = several ? names.map((name, c) => [name, now.A[c][0], Y[c][0]])
        : [[t("yes"), now.A[0][0], truth], [t("no"), 1 - now.A[0][0], 1 - truth]];
      const high = 34;
      bars.setAttribute("viewBox", `0 0 400 ${shown.length * high + 22}`);
      bars.setAttribute("aria-label", shown.map(([name, a]) => `${name} ${say(a, 3)}`).join(", "));
      const x = a => 60 + 290 * a;
      bars.replaceChildren(
        svg("defs", {}, svg("marker", {id: "tip", viewBox: "0 0 8 8", refX: 7, refY: 4,
          markerWidth: 8, markerHeight: 8, orient: "auto", markerUnits: "userSpaceOnUse"},
        svg("path", {d: "M0 0L8 4L0 8Z"}))),
        ...[0, 0.5, 1].flatMap(a => [
          svg("path", {class: "grid", d: `M${x(a)} 0V${shown.length * high}`}),
          svg("text", {class: "soft", x: x(a), y: shown.length * high + 15,
                       "text-anchor": "middle"}, short(a))]),
        ...shown.flatMap(([name, a, y], c) => {
          const top = c * high + 5;
          return [
            svg("text", {x: 52, y: top + 16, "text-anchor": "end", class: y ? "strong" : ""}, name),
            svg("rect", {class: "bar", x: x(0), y: top, width: Math.max(x(a) - x(0), 0.5), height: 22}),
            svg("path", {class: "truth", d: `M${x(y)} ${top - 3}v28`}),
            Math.abs(a - y) > 0.02 && svg("path", {class: "error", "marker-end": "url(#tip)",
              d: `M${x(y)} ${top + 11}H${x(a)}`}),
            svg("text", {x: x(1) + 8, y: top + 16}, say(a, 3))];
        }).filter(Boolean));
    };

    const drawCurves = now => {
      const z = Z[row()][0];
      const x = s => LEFT + (RIGHT - LEFT) * (s + REACH) / (2 * REACH);
      const y = cost => LOW - (LOW - 8) * Math.min(cost / most, 1);
      const scores = Array.from({length: 81}, (_, i) => (i / 40 - 1) * REACH);
      const along = scores.map(s => compute(moved(s)));
      const tangent = (cost, slope) => {
        const reach = 1.6 / Math.hypot(1, slope);
        return `M${x(z - reach)} ${y(cost - reach * slope)}L${x(z + reach)} ${y(cost + reach * slope)}`;
      };
      curves.replaceChildren(
        svg("path", {class: "axis", d: `M${LEFT} 8V${LOW}H${RIGHT}`}),
        ...[0, 0.25, 0.5, 0.75, 1].map(part => part * most).map(c => svg("text", {class: "soft", x: LEFT - 6, y: y(c) + 4,
          "text-anchor": "end"}, String(c))),
        ...[-8, -4, 0, 4, 8].map(s => svg("text", {class: "soft", x: x(s), y: LOW + 15,
          "text-anchor": s === 8 ? "end" : "middle"}, say(s, 0))),
        svg("text", {class: "soft", x: (LEFT + RIGHT) / 2, y: LOW + 28, "text-anchor": "middle"},
          several ? t("score of the truth, {0}", names[truth]) : t("score z")),
        svg("path", {class: "here", d: `M${x(z)} 8V${LOW}`}),
        ...[["entropy", "cost", now.cost, now.dZ], ["squared", "squared", now.squared, now.squared_dZ]]
          .flatMap(([name, key, cost, dZ]) => [
            svg("path", {class: `curve ${name}`, d: path(along.map((v, i) => [x(scores[i]), y(v[key])]))}),
            svg("path", {class: `tangent ${name}`, d: tangent(cost, dZ[row()][0])}),
            svg("circle", {class: `dot ${name}`, cx: x(z), cy: y(cost), r: 4})]));
    };

    const show = () => {
      const now = compute(Z);
      const i = row();
      drawBars(now);
      drawCurves(now);
      const line = (kind, head, ...cells) => el("tr", {class: kind}, el("th", {scope: "row"}, head),
        cells.map(cell => el("td", {}, cell)));
      numbers.replaceChildren(
        el("thead", {}, el("tr", {}, ["", t("cost"), t("slope, dz")].map((words, k) =>
          el(k ? "th" : "td", k ? {scope: "col"} : {}, words)))),
        el("tbody", {},
          line("entropy", t("cross-entropy"), say(now.cost, 3), say(now.dZ[i][0], 3)),
          line("squared", t("squared error, ½ Σ (a − y)²"), say(now.squared, 3),
            say(now.squared_dZ[i][0], 3))));
      const right = several ? now.A[truth][0] : truth ? now.A[0][0] : 1 - now.A[0][0];
      remark.textContent = right < 0.05
        ? t("Sure and wrong. Cross-entropy pulls with nearly its full slope; the squared error is flat here, so that from the worst answer next to nothing would be learnt.")
        : right > 0.9 ? t("Right: both costs are small, and so are their slopes.")
          : t("Undecided. The slope of cross-entropy is A\u00a0−\u00a0Y, the arrow; the squared error's is smaller.");
    };

    // ---- what moves it ---------------------------------------------------

    const knobs = Z.map(([z], c) => slider({
      label: several ? t("score of {0}", names[c]) : t("score z"),
      min: -REACH, max: REACH, step: 0.1, value: z, text: v => say(v, 1),
      change: value => {
        Z[c][0] = value;
        show();
      }}));
    const label = choice({label: t("the truth"), value: truth,
      options: several ? names : {1: t("yes"), 0: t("no")},
      change: value => {
        truth = Number(value);
        show();
      }});
    const wrong = button(t("Sure and wrong"), () => {
      knobs.forEach((knob, c) => {
        const value = several ? (c === truth ? -5 : c === (truth + 1) % 3 ? 5 : 0)
          : truth ? -6 : 6;
        Z[c][0] = value;
        knob.set(value);
      });
      show();
    });
    show();
    return el("div", {class: "panels"},
      el("div", {class: "panel"}, bars, el("div", {class: "controls"}, knobs, label),
        el("div", {class: "buttons"}, wrong), remark),
      el("div", {class: "panel"}, curves, numbers));
  });
}
