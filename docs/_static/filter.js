// A filter slides: a picture, a filter (or a pooling window), what comes out,
// and under each its gradient. Point at a cell and see what it has to do with
// the others, forward and backward.
{
  const {t, short, el, choice, button} = live;
  const n = v => v < 0 ? `(${short(v)})` : short(v);
  const sum = terms => terms.length ? terms.join(" + ") : "0";
  const F = 2; // height and width of filter and window

  live.figure("filter", (given, box) => {
    const pools = given.kind === "pool";
    const set = {stride: pools ? 2 : 1, mode: "max"};
    const [OUT, dOUT] = pools ? ["A", "dA"] : ["Z", "dZ"];
    const START = pools ? [[1, 3, 5, 5], [2, 0, 5, 1], [4, 4, 0, 0], [4, 4, 0, 8]]
      : [[1, 2, 0, 1], [0, 1, 3, 1], [2, 1, 0, 0], [1, 0, 1, 2]];
    let v, chosen;

    // What comes back from what is behind: made up, for the picture.
    const incoming = size => net.each(net.zeros(size, size), (_, h, w) =>
      pools ? 10 * (size * h + w + 1) : h === w && h < 2 ? h + 1 : 0);

    const compute = () => {
      const {A_prev, W} = v;
      const out = pools ? net.pool_forward(A_prev, F, set.stride, set.mode)
        : net.conv_forward(A_prev, W, set.stride);
      if (!v[dOUT] || v[dOUT].length !== out.length) v[dOUT] = incoming(out.length);
      v[OUT] = out;
      if (pools) {
        v.dA_prev = net.pool_backward(v.dA, A_prev, F, set.stride, set.mode);
      } else {
        [v.dA_prev, v.dW] = net.conv_backward(v.dZ, A_prev, W, set.stride);
      }
    };

    // ---- which cell has to do with which ---------------------------------

    // The pixels under the window of an output, row by row.
    const windowOf = (h, w) => Array.from({length: F * F}, (_, k) => {
      const [i, j] = [Math.floor(k / F), k % F];
      return {i, j, y: set.stride * h + i, x: set.stride * w + j};
    });
    const outputs = () => v[OUT].flatMap((row, h) => row.map((_, w) => [h, w]));
    // The outputs that look at a pixel, and with which cell of the window.
    const lookers = (y, x) => outputs().flatMap(([h, w]) => windowOf(h, w)
      .filter(c => c.y === y && c.x === x).map(c => ({h, w, i: c.i, j: c.j})));

    const list = cells => cells.map(c => `${OUT}[${c.h}, ${c.w}]`).join(", ");

    // What pooling sends to a cell of a window, as a share of what came back.
    const share = (h, w, i, j) => {
      if (set.mode === "average") return 1 / F ** 2;
      const [y, x] = net.first_maximum(v.A_prev, F, set.stride, h, w);
      return y === i && x === j ? 1 : 0;
    };

    // For the chosen cell: cells to light, windows to outline, the sentence,
    // and the lines of code.
    const story = ({grid, y, x}) => {
      const at = (name, cells) => cells.map(c => [name, ...c]);
      const value = `${grid}[${y}, ${x}]`;
      const k = set.mode === "max" ? "" : " 1";
      const takesPart = (h, w, i, j) => !pools || share(h, w, i, j) > 0;
      const pixelsOf = (h, w) => windowOf(h, w)
        .filter(c => takesPart(h, w, c.i, c.j)).map(c => [c.y, c.x]);
      if (grid === OUT) {
        const cells = windowOf(y, x);
        const pixels = cells.map(c => v.A_prev[c.y][c.x]);
        const says = !pools
          ? sum(cells.map((c, m) => `${n(pixels[m])}·${n(v.W[c.i][c.j])}`))
          : set.mode === "max" ? `max(${pixels.map(p => short(p)).join(", ")})`
            : `(${sum(pixels.map(n))}) / 4`;
        return {lit: [...at("A_prev", pixelsOf(y, x)),
                      ...(pools ? [] : at("W", cells.map(c => [c.i, c.j])))],
                windows: [["A_prev", y, x]],
                says: [`${value} = ${says} = ${short(v[OUT][y][x])}`,
                       t("This output looks at one window.")],
                code: [pools ? `pool_forward.A${k}` : "conv_single_step.Z"]};
      }
      if (grid === dOUT) {
        const cells = windowOf(y, x);
        const d = v[dOUT][y][x];
        const sent = cells.map(c => n(d * (pools ? share(y, x, c.i, c.j) : v.W[c.i][c.j])));
        return {lit: [...at("dA_prev", pixelsOf(y, x)),
                      ...(pools ? [] : at("dW", cells.map(c => [c.i, c.j])))],
                windows: [["dA_prev", y, x], ["A_prev", y, x]],
                says: [t("{0} = {1} adds {2} to its window in dA_prev.", value, short(d), sent.join(", ")),
                       pools ? set.mode === "max"
                         ? t("The first maximum of the window receives all.")
                         : t("Each cell receives a quarter.")
                         : t("That is the filter, times {0}. To dW it adds the window of A_prev, times {0}.", short(d))],
                code: pools ? [`pool_backward.dP${k}`, "windows_backward.dX"]
                  : ["conv_backward.dP", "windows_backward.dX", "conv_backward.dW"]};
      }
      if (grid === "A_prev") {
        const seen = lookers(y, x);
        const used = seen.filter(c => takesPart(c.h, c.w, c.i, c.j));
        return {lit: [...at(OUT, used.map(c => [c.h, c.w])),
                      ...(pools ? [] : at("W", seen.map(c => [c.i, c.j])))],
                windows: seen.map(c => ["A_prev", c.h, c.w]),
                says: [seen.length ? t("{0} is seen by {1}.", value, list(seen))
                  : t("{0} is seen by no window.", value),
                pools ? set.mode === "max"
                  ? used.length ? t("It is the first maximum for {0}, and receives what comes back there.", list(used))
                    : t("It is the first maximum of no window, and receives nothing.")
                  : t("It has a quarter of the say in each.")
                  : t("Each sees it with another cell of the filter: {0}.",
                      seen.map(c => short(v.W[c.i][c.j])).join(", ") || "–")],
                code: [pools ? `pool_forward.A${k}` : "conv_single_step.Z"]};
      }
      if (grid === "dA_prev") {
        const seen = lookers(y, x);
        const terms = pools
          ? seen.filter(c => share(c.h, c.w, c.i, c.j)).map(c =>
            set.mode === "max" ? n(v.dA[c.h][c.w]) : `${n(v.dA[c.h][c.w])}/4`)
          : seen.map(c => `${n(v.dZ[c.h][c.w])}·${n(v.W[c.i][c.j])}`);
        const [says, result] = [sum(terms), short(v.dA_prev[y][x])];
        return {lit: [...at(dOUT, seen.filter(c => takesPart(c.h, c.w, c.i, c.j)).map(c => [c.h, c.w])),
                      ...(pools ? [] : at("W", seen.map(c => [c.i, c.j])))],
                windows: seen.map(c => ["dA_prev", c.h, c.w]),
                says: [`${value} = ${says === result ? says : `${says} = ${result}`}`,
                       t("From every window that the pixel lies in something comes back; it adds up.")],
                code: [pools ? `pool_backward.dP${k}` : "conv_backward.dP", "windows_backward.dX"]};
      }
      // A weight, or its gradient: used at every place.
      const pixels = outputs().map(([h, w]) => [set.stride * h + y, set.stride * w + x]);
      const terms = outputs().map(([h, w], m) =>
        [v.dZ[h][w], v.A_prev[pixels[m][0]][pixels[m][1]]])
        .filter(([d]) => d).map(([d, a]) => `${n(a)}·${n(d)}`);
      return grid === "W"
        ? {lit: [...at("A_prev", pixels), ...at("Z", outputs())], windows: [],
           says: [t("{0} = {1} is used at every place: it meets {2} pixels.", value, short(v.W[y][x]), pixels.length),
                  t("One weight for all of them; what comes back from each adds up.")],
           code: ["conv_single_step.Z"]}
        : {lit: [...at("A_prev", pixels), ...at("dZ", outputs())], windows: [],
           says: [`${value} = ${sum(terms)} = ${short(v.dW[y][x])}`,
                  t("Each pixel that the weight met, times what came back from there.")],
           code: ["conv_backward.dW"]};
    };

    // ---- what is drawn ---------------------------------------------------

    const EDITABLE = ["A_prev", "W", dOUT];
    const grids = {};
    const makeGrid = name => {
      const cells = el("div", {class: "cells", role: "group", "aria-label": name});
      grids[name] = cells;
      return el("div", {class: `array ${name}`}, el("span", {class: "name"}, name), cells);
    };
    const says = el("div", {class: "longhand", role: "status"});

    const fillGrid = name => {
      grids[name].style.setProperty("--columns", v[name][0].length);
      grids[name].replaceChildren(...v[name].flatMap((row, y) => row.map((_, x) =>
        button("", () => {}, {"data-grid": name, "data-y": y, "data-x": x}))));
    };

    const cellAt = (name, y, x) => grids[name].children[y * v[name][0].length + x];

    const show = () => {
      const {lit, windows, says: [first, second], code} = story(chosen);
      for (const [name, cells] of Object.entries(grids)) {
        cells.querySelectorAll(".window").forEach(e => e.remove());
        v[name].forEach((row, y) => row.forEach((value, x) => {
          const cell = cellAt(name, y, x);
          const me = name === chosen.grid && y === chosen.y && x === chosen.x;
          cell.textContent = short(value, 2);
          cell.setAttribute("aria-label", t("{0}, row {1}, column {2}: {3}", name, y, x, short(value)));
          cell.className = me ? "made" : "";
          cell.tabIndex = name === chosen.grid ? (me ? 0 : -1) : y + x ? -1 : 0;
        }));
      }
      for (const [name, y, x] of lit) cellAt(name, y, x).classList.add("used");
      windows.forEach(([name, h, w], k) => grids[name].append(
        el("span", {class: "window", "aria-hidden": "true",
                    style: `--y: ${set.stride * h}; --x: ${set.stride * w}; --inset: ${2 * (k % 4) - 1}px`})));
      says.replaceChildren(el("p", {}, el("b", {}, first)), el("p", {}, second));
      const fixed = !EDITABLE.includes(chosen.grid);
      less.disabled = more.disabled = fixed;
      live.light(box, code);
    };

    const choose = (grid, y, x) => {
      chosen = {grid, y, x};
      show();
    };

    const edit = change => {
      if (!EDITABLE.includes(chosen.grid)) return;
      const {grid, y, x} = chosen;
      v[grid] = net.each(v[grid], (value, i, j) => i === y && j === x
        ? Math.max(-99, Math.min(99, change(value))) : value);
      compute();
      show();
    };

    // ---- what moves it ---------------------------------------------------

    const where = event => {
      const cell = event.target.closest("[data-grid]");
      return cell && [cell.dataset.grid, Number(cell.dataset.y), Number(cell.dataset.x)];
    };
    const isChosen = ([grid, y, x]) =>
      grid === chosen.grid && y === chosen.y && x === chosen.x;
    let before = false;
    const listen = area => {
      area.addEventListener("pointerover", event => {
        const place = event.pointerType === "mouse" && where(event);
        if (place && !isChosen(place)) choose(...place);
      });
      area.addEventListener("pointerdown", event => {
        const place = where(event);
        before = place && isChosen(place);
        play.stop();
      });
      area.addEventListener("focusin", event => {
        const place = where(event);
        if (place && !isChosen(place)) choose(...place);
      });
      area.addEventListener("click", event => {
        const place = where(event);
        // A key's click, or one on the cell that was chosen already.
        if (place && (before || event.detail === 0)) edit(a => a >= 9 ? -9 : a + 1);
        else if (place) choose(...place);
      });
      area.addEventListener("keydown", event => {
        const place = where(event);
        if (!place) return;
        const [grid, y, x] = place;
        const move = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0],
                      ArrowDown: [1, 0]}[event.key];
        if (move) {
          const [to, along] = [y + move[0], x + move[1]];
          if (v[grid][to]?.[along] !== undefined) cellAt(grid, to, along).focus();
        } else if (/^\d$/.test(event.key)) edit(() => Number(event.key));
        else if (event.key === "+") edit(a => a + 1);
        else if (event.key === "-") edit(a => a - 1);
        else return;
        event.preventDefault();
      });
    };

    let waited = 0;
    const play = live.player(frames => {
      waited += frames;
      if (waited < 45) return;
      waited = 0;
      const all = outputs();
      const k = chosen.grid === OUT
        ? all.findIndex(([h, w]) => h === chosen.y && w === chosen.x) : -1;
      choose(OUT, ...all[(k + 1) % all.length]);
    }, [t("Slide"), t("Pause")]);
    const less = button("− 1", () => edit(a => a - 1), {"aria-label": t("Make the chosen cell smaller by 1")});
    const more = button("+ 1", () => edit(a => a + 1), {"aria-label": t("Make the chosen cell larger by 1")});

    const refresh = () => {
      compute();
      Object.keys(grids).forEach(fillGrid);
      choose(OUT, Math.min(1, v[OUT].length - 1), Math.min(1, v[OUT].length - 1));
    };
    const again = () => {
      play.stop();
      v = {A_prev: START, W: [[1, -1], [0, 2]]};
      refresh();
    };
    const change = name => value => {
      set[name] = name === "stride" ? Number(value) : value;
      refresh();
    };
    const sign = words => el("span", {class: "sign", "aria-hidden": "true"}, words);
    const layers = el("div", {class: "slides"},
      el("div", {class: "forward layer"}, makeGrid("A_prev"),
        pools ? [] : [sign("∗"), makeGrid("W")], sign(pools ? "→" : "="), makeGrid(OUT)),
      el("div", {class: "back layer"}, makeGrid("dA_prev"),
        pools ? [] : [sign(""), makeGrid("dW")], sign("←"), makeGrid(dOUT)));
    listen(layers);
    again();
    return [layers, says,
      el("div", {class: "buttons"}, play, less, more, button(t("Start again"), again)),
      el("div", {class: "controls"},
        pools && choice({label: t("pooling"), value: set.mode, change: change("mode"),
                         options: {max: t("maximum"), average: t("average")}}),
        choice({label: t("stride"), value: set.stride, change: change("stride"),
                options: {1: "1", 2: "2"}}))].filter(Boolean);
  });
}
