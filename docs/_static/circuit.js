// The circuit of section 1, live: move a weight or an input and watch every
// value and every gradient. The same lines as circuit_forward and
// circuit_backward. Without this script the drawing stands as it is.
{
  const {t, el, slider, button} = live;
  const START = {"w₀": 2, "x₀": -1, "w₁": -3, "x₁": -2, "w₂": -3};

  // No more than six signs, which is what a wire has room for.
  const say = v => {
    const size = Math.abs(v);
    const text = size >= 1e4 ? v.toExponential(0).replace("e+", "e")
      : v.toFixed(size < 10 ? 2 : size < 100 ? 1 : 0);
    return text.replace(/^-(?=[0.]+$)/, "").replace("-", "−");
  };

  const forwardAndBackward = now => {
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
    return {
      values: {...now, p0, p1, s, z, n, e, d, f},
      gradients: {
        "w₀": now["x₀"] * dz, "x₀": now["w₀"] * dz,
        "w₁": now["x₁"] * dz, "x₁": now["w₁"] * dz, "w₂": dz,
        p0: dz, p1: dz, s: dz, z: dz, n: dn, e: de, d: dd, f: df}};
  };

  live.figure("circuit", (given, box) => {
    const now = {...START};
    const drawing = box.querySelector(".drawing");
    const answer = el("p", {class: "status"});
    const knobs = {};

    const show = () => {
      const {values, gradients} = forwardAndBackward(now);
      for (const place of drawing.querySelectorAll("[data-v]")) {
        place.textContent = say(values[place.dataset.v]);
      }
      for (const place of drawing.querySelectorAll("[data-g]")) {
        place.textContent = say(gradients[place.dataset.g]);
      }
      for (const [name, knob] of Object.entries(knobs)) {
        knob.lastChild.textContent = say(gradients[name]);
      }
      answer.replaceChildren(
        el("span", {}, "z ", el("b", {}, say(values.z))),
        el("span", {}, "f ", el("b", {}, say(values.f))),
        el("span", {class: "value"}, t("value")),
        el("span", {class: "gradient"}, t("gradient of f")));
    };

    for (const name of Object.keys(START)) {
      knobs[name] = slider({
        label: name, min: -4, max: 4, step: 0.05, value: START[name],
        text: say, change: value => {
          now[name] = value;
          show();
        }});
      knobs[name].append(el("span", {class: "gradient"}));
    }
    const reset = button(t("as printed"), () => {
      Object.assign(now, START);
      for (const name of Object.keys(START)) knobs[name].set(START[name]);
      show();
    });
    show();
    return [drawing, answer,
            el("div", {class: "controls wires"}, Object.values(knobs)),
            el("div", {class: "buttons"}, reset)];
  });
}
