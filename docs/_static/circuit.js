// The circuit of section 1, live: move a weight or an input and watch every
// value and every gradient. The same lines as circuit_forward and
// circuit_backward. Without this script the figure stands as it is.
const drawing = document.querySelector("svg:has([data-v])");
if (drawing) {
  const start = {"w₀": 2, "x₀": -1, "w₁": -3, "x₁": -2, "w₂": -3};
  const now = {...start};
  const say = v => v.toFixed(2).replace(/^-0\.00$/, "0.00").replace("-", "−");

  const show = () => {
    const p0 = now["w₀"] * now["x₀"];
    const p1 = now["w₁"] * now["x₁"];
    const s = p0 + p1;
    const z = s + now["w₂"];
    const n = -z;
    const e = Math.exp(n);
    const d = 1 + e;
    const f = 1 / d;
    const df = 1;
    const dd = -1 / d ** 2 * df;
    const de = dd;
    const dn = e * de;
    const dz = -dn;
    const values = {...now, p0, p1, s, z, n, e, d, f};
    const gradients = {
      "w₀": now["x₀"] * dz, "x₀": now["w₀"] * dz,
      "w₁": now["x₁"] * dz, "x₁": now["w₁"] * dz, "w₂": dz,
      p0: dz, p1: dz, s: dz, z: dz, n: dn, e: de, d: dd, f: df};
    for (const t of drawing.querySelectorAll("[data-v]")) {
      t.textContent = say(values[t.dataset.v]);
    }
    for (const t of drawing.querySelectorAll("[data-g]")) {
      t.textContent = say(gradients[t.dataset.g]);
    }
  };

  const panel = document.createElement("form");
  panel.className = "knobs";
  for (const name of Object.keys(start)) {
    const label = document.createElement("label");
    const knob = document.createElement("input");
    Object.assign(knob, {type: "range", min: -4, max: 4, step: 0.05,
                         value: start[name]});
    knob.addEventListener("input", () => {
      now[name] = Number(knob.value);
      show();
    });
    label.append(name, knob);
    panel.append(label);
  }
  const reset = document.createElement("button");
  reset.type = "reset";
  reset.textContent = "as printed";
  panel.append(reset);
  panel.addEventListener("reset", () => {
    Object.assign(now, start);
    show();
  });
  drawing.closest(".pane").after(panel);
}
