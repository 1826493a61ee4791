// A whole net, step by step: the 2-2-1 net of the examples. Each step makes
// one array from others, shows the arithmetic, and lights the line of code.
{
  const {t, short, el, slider, choice, button} = live;
  const PARAMETERS = {W1: [[3, 4], [1, -1]], b1: [[1], [0]],
                      W2: [[0.25, 5]], b2: [[-3]]};
  const ROWS = [["A0", "W1", "b1", "→", "Z1", "→", "A1"],
                ["W2", "b2", "→", "Z2", "→", "A2", "→", "J"]];
  const GIVEN = ["A0", "W1", "b1", "W2", "b2"];

  // A number inside a sum or product.
  const n = v => v < 0 ? `(${short(v)})` : short(v);
  const times = (a, b) => `${n(a)}·${n(b)}`;

  // What is made, by which line, from what; and each entry longhand.
  const linear = l => ({
    makes: `Z${l}`, line: "linear_forward.Z", from: [`W${l}`, `A${l - 1}`, `b${l}`],
    says: `Z${l} = W${l} A${l - 1} + b${l}`,
    longhand: v => v[`W${l}`].map((row, i) =>
      `${row.map((w, k) => times(w, v[`A${l - 1}`][k][0])).join(" + ")} + ${n(v[`b${l}`][i][0])}`)});
  const back = l => [
    {makes: `dW${l}`, line: "linear_backward.dW", from: [`dZ${l}`, `A${l - 1}`],
     says: `dW${l} = dZ${l} A${l - 1}ᵀ / m`,
     longhand: v => v[`dZ${l}`].flatMap(([dz]) =>
       v[`A${l - 1}`].map(([a]) => times(dz, a)))},
    {makes: `db${l}`, line: "linear_backward.db", from: [`dZ${l}`], says: `db${l} = Σ dZ${l} / m`,
     longhand: v => v[`dZ${l}`].map(([dz]) => short(dz))},
    {makes: `dA${l - 1}`, line: "linear_backward.dA_prev", from: [`W${l}`, `dZ${l}`],
     says: `dA${l - 1} = W${l}ᵀ dZ${l}`,
     longhand: v => v[`W${l}`][0].map((_, k) => v[`W${l}`].map((row, i) =>
       times(row[k], v[`dZ${l}`][i][0])).join(" + "))}];
  const STEPS = [
    linear(1),
    {makes: "A1", line: "relu.A", from: ["Z1"], says: "A1 = max(0, Z1)",
     longhand: v => v.Z1.map(([z]) => `max(0, ${short(z)})`)},
    linear(2),
    {makes: "A2", line: "sigmoid.A", from: ["Z2"], says: "A2 = σ(Z2)",
     longhand: v => [`1 / (1 + exp(${short(-v.Z2[0][0])}))`]},
    {makes: "J", line: "compute_cost.cost", from: ["A2", "Y"], says: "J = −(Y log A2 + (1 − Y) log(1 − A2))",
     longhand: v => [v.Y[0][0] ? `−log ${n(v.A2[0][0])}` : `−log(1 − ${n(v.A2[0][0])})`]},
    {makes: "dA2", line: "compute_cost_backward.dAL", from: ["A2", "Y"], says: "dA2 = −(Y / A2 − (1 − Y) / (1 − A2))",
     longhand: v => [v.Y[0][0] ? `−1 / ${n(v.A2[0][0])}` : `1 / (1 − ${n(v.A2[0][0])})`]},
    {makes: "dZ2", line: "sigmoid_backward.dZ", from: ["dA2", "A2"], says: "dZ2 = dA2 ∗ A2 ∗ (1 − A2)",
     longhand: v => [`${times(v.dA2[0][0], v.A2[0][0])}·(1 − ${n(v.A2[0][0])})`]},
    ...back(2),
    {makes: "dZ1", line: "relu_backward.dZ", from: ["dA1", "Z1"], says: "dZ1 = dA1 ∗ (Z1 > 0)",
     longhand: v => v.Z1.map(([z], i) => times(v.dA1[i][0], z > 0 ? 1 : 0))},
    ...back(1)];

  live.figure("walk", (start, box) => {
    const given = {x1: 1, x2: 2, y: 1};
    let now = 0;
    let values;

    const compute = () => {
      const [X, Y] = [[[given.x1], [given.x2]], [[given.y]]];
      const [A2, caches] = net.L_model_forward(X, PARAMETERS);
      const [[, Z1], [[A1], Z2]] = caches;
      values = {...PARAMETERS, A0: X, Y, Z1, A1, Z2, A2, J: [[net.compute_cost(A2, Y)]],
                dA2: net.compute_cost_backward(A2, Y),
                ...net.L_model_backward(A2, Y, caches)};
    };

    // ---- what is drawn ---------------------------------------------------

    const boxes = {};
    const stepOf = name => STEPS.findIndex(step => step.makes === name);
    const array = name => {
      const k = stepOf(name);
      const title = k < 0 ? el("span", {class: "name"}, name)
        : button(name, () => go(k), {class: "name"});
      boxes[name] = el("div", {class: "cells", role: "img"});
      return [title, boxes[name]];
    };
    const nodes = ROWS.map(row => el("div", {class: "layer"}, row.map(name =>
      name === "→" ? el("span", {class: "arrow", "aria-hidden": "true"}, name)
        : el("div", {class: "array"}, el("div", {class: "forward"}, array(name)),
          name !== "J" && el("div", {class: "back"}, array(`d${name}`))))));
    const said = el("div", {class: "longhand", role: "status"});

    const show = () => {
      const step = STEPS[now];
      for (const [name, cells] of Object.entries(boxes)) {
        const known = GIVEN.includes(name) || stepOf(name) <= now;
        const V = values[name];
        cells.style.setProperty("--columns", V[0].length);
        cells.replaceChildren(...V.flat().map(v => el("span", {}, known ? short(v, 3) : "")));
        cells.setAttribute("aria-label", `${name}: ${known
          ? V.map(row => row.map(v => short(v, 3)).join(", ")).join("; ") : t("not yet known")}`);
        cells.parentNode.classList.toggle("made", name === step.makes);
        cells.parentNode.classList.toggle("used", step.from.includes(name));
      }
      const results = values[step.makes].flat();
      said.replaceChildren(
        el("p", {}, el("span", {class: "soft"}, now < 5
          ? t("Step {0} of {1}, forward", now + 1, STEPS.length)
          : t("Step {0} of {1}, backward", now + 1, STEPS.length)), " ",
        el("b", {}, step.says)),
        el("ul", {}, step.longhand(values).map((text, i) => {
          const end = short(results[i]);
          return el("li", {}, text === end ? end : `${text} = ${end}`);
        })));
      first.disabled = before.disabled = now === 0;
      next.disabled = now === STEPS.length - 1;
    };

    const go = k => {
      now = Math.max(0, Math.min(STEPS.length - 1, k));
      show();
      live.light(box, [STEPS[now].line]);
    };

    // ---- what moves it ---------------------------------------------------

    let waited = 0;
    const play = live.player(frames => {
      if (now === STEPS.length - 1) go(0);
      waited += frames;
      if (waited < 80) return true;
      waited = 0;
      go(now + 1);
      return now < STEPS.length - 1;
    });
    const turn = k => () => {
      play.stop();
      go(k());
    };
    const first = button(t("Start"), turn(() => 0));
    const before = button(t("Back"), turn(() => now - 1));
    const next = button(t("Next"), turn(() => now + 1));
    const change = name => value => {
      given[name] = Number(value);
      compute();
      show();
    };
    compute();
    go(0);
    return [
      el("div", {class: "layers"}, nodes), said,
      el("div", {class: "buttons"}, play, before, next, first),
      el("div", {class: "controls"},
        slider({label: "x₁", min: -3, max: 3, step: 0.5, value: 1, change: change("x1")}),
        slider({label: "x₂", min: -3, max: 3, step: 0.5, value: 2, change: change("x2")}),
        choice({label: t("the truth, y"), options: {1: "1", 0: "0"}, value: 1,
                change: change("y")}))];
  });
}
