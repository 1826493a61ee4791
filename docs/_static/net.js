// Dense nets, forward and backward, for the figures that move. The functions
// bear the names of backprop.py and compute the same numbers; a matrix is an
// array of rows, a column an example. tests/test_live.py compares the two.
const net = (() => {
  // ---- matrices ----------------------------------------------------------

  const each = (A, f) => A.map((row, i) => row.map((a, j) => f(a, i, j)));
  const transpose = A => A[0].map((_, j) => A.map(row => row[j]));
  const sum = row => row.reduce((total, a) => total + a, 0);
  const zeros = (rows, columns) =>
    Array.from({length: rows}, () => Array(columns).fill(0));

  const multiply = (A, B) => A.map(row => {
    const out = Array(B[0].length).fill(0);
    for (let k = 0; k < row.length; k++) {
      for (let j = 0; j < out.length; j++) out[j] += row[k] * B[k][j];
    }
    return out;
  });

  // ---- activations -------------------------------------------------------

  const LOWEST = Math.log(2.2250738585072014e-308) / 2;
  const HIGHEST = -Math.log(Number.EPSILON);

  const sigmoid = Z => each(Z, z =>
    1 / (1 + Math.exp(-Math.min(Math.max(z, LOWEST), HIGHEST))));
  const relu = Z => each(Z, z => Math.max(0, z));
  const tanh = Z => each(Z, Math.tanh);
  const gaussian = Z => each(Z, z => Math.exp(-z * z));
  const softmax = Z => {
    const most = transpose(Z).map(column => Math.max(...column));
    const E = each(Z, (z, i, j) => Math.exp(Math.max(z - most[j], LOWEST)));
    const total = transpose(E).map(sum);
    return each(E, (e, i, j) => e / total[j]);
  };

  const ACTIVATIONS = {sigmoid, relu, tanh, gaussian, softmax};

  const softmax_backward = (dA, Z) => {
    const A = softmax(Z);
    const s = transpose(each(A, (a, i, j) => a * dA[i][j])).map(sum);
    return each(A, (a, i, j) => a * (dA[i][j] - s[j]));
  };

  const timesSlope = (g, slope) => (dA, Z) => {
    const A = g(Z);
    return each(dA, (da, i, j) => da * slope(A[i][j], Z[i][j]));
  };

  const DERIVATIVES = {
    sigmoid: timesSlope(sigmoid, a => a * (1 - a)),
    relu: timesSlope(relu, (a, z) => z > 0 ? 1 : 0),
    tanh: timesSlope(tanh, a => 1 - a * a),
    gaussian: timesSlope(gaussian, (a, z) => -2 * z * a),
    softmax: softmax_backward,
  };

  // ---- layers and nets ---------------------------------------------------

  const linear_forward = (A, W, b) =>
    each(multiply(W, A), (z, i) => z + b[i][0]);

  const linear_backward = (dZ, [A_prev, W]) => {
    const m = dZ[0].length;
    return [multiply(transpose(W), dZ),
            multiply(each(dZ, dz => dz / m), transpose(A_prev)),
            dZ.map(row => [sum(row) / m])];
  };

  const layerActivations = (activations, L) =>
    activations || [...Array(L - 1).fill("relu"), "sigmoid"];

  const L_model_forward = (X, parameters, activations) => {
    const L = Object.keys(parameters).length / 2;
    const names = layerActivations(activations, L);
    const caches = [];
    let A = X;
    for (let l = 1; l <= L; l++) {
      const [W, b] = [parameters[`W${l}`], parameters[`b${l}`]];
      const Z = linear_forward(A, W, b);
      caches.push([[A, W, b], Z]);
      A = ACTIVATIONS[names[l - 1]](Z);
    }
    return [A, caches];
  };

  // 0 log 0 is taken as 0 here; the sigmoid never gets there.
  const surprise = (y, a) => y ? -y * Math.log(a) : 0;
  const compute_cost = (AL, Y) => sum(each(AL, (a, i, j) =>
    surprise(Y[i][j], a) + surprise(1 - Y[i][j], 1 - a)).map(sum))
    / AL[0].length;
  const compute_categorical_cost = (AL, Y) => sum(each(AL, (a, i, j) =>
    surprise(Y[i][j], a)).map(sum)) / AL[0].length;

  const compute_cost_backward = (AL, Y) => each(AL, (a, i, j) =>
    -(Y[i][j] / a - (1 - Y[i][j]) / (1 - a)));
  const compute_categorical_cost_backward = (AL, Y) =>
    each(AL, (a, i, j) => -Y[i][j] / a);

  const L_model_backward = (AL, Y, caches, activations) => {
    const L = caches.length;
    const names = layerActivations(activations, L);
    const grads = {};
    let dA = names[L - 1] === "softmax"
      ? compute_categorical_cost_backward(AL, Y)
      : compute_cost_backward(AL, Y);
    for (let l = L; l > 0; l--) {
      const [cache, Z] = caches[l - 1];
      const dZ = DERIVATIVES[names[l - 1]](dA, Z);
      const [dA_prev, dW, db] = linear_backward(dZ, cache);
      Object.assign(grads, {[`dZ${l}`]: dZ, [`dA${l - 1}`]: dA_prev,
                            [`dW${l}`]: dW, [`db${l}`]: db});
      dA = dA_prev;
    }
    return grads;
  };

  const cost_of = activations => activations.at(-1) === "softmax"
    ? compute_categorical_cost : compute_cost;

  // ---- training ----------------------------------------------------------

  const update_parameters = (parameters, grads, rate) =>
    Object.fromEntries(Object.entries(parameters).map(([name, P]) =>
      [name, each(P, (p, i, j) => p - rate * grads[`d${name}`][i][j])]));

  const initialize_velocity = parameters =>
    Object.fromEntries(Object.entries(parameters).map(([name, P]) =>
      [`d${name}`, each(P, () => 0)]));

  const update_parameters_with_momentum = (parameters, grads, v, beta, rate) => {
    const after = {};
    for (const name of Object.keys(v)) {
      after[name] = each(v[name], (old, i, j) =>
        beta * old + (1 - beta) * grads[name][i][j]);
    }
    return [update_parameters(parameters, after, rate), after];
  };

  // Uniform in [0, 1), the same numbers from the same seed (mulberry32).
  const random = seed => () => {
    seed = (seed + 0x6D2B79F5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const normal = draw => Math.sqrt(-2 * Math.log(1 - draw()))
    * Math.cos(2 * Math.PI * draw());

  const random_mini_batches = (X, Y, size, draw) => {
    const order = X[0].map((_, j) => j);
    for (let j = order.length - 1; j > 0; j--) {
      const k = Math.floor(draw() * (j + 1));
      [order[j], order[k]] = [order[k], order[j]];
    }
    const batches = [];
    for (let k = 0; k < order.length; k += size) {
      const batch = order.slice(k, k + size);
      batches.push([X, Y].map(A => A.map(row => batch.map(j => row[j]))));
    }
    return batches;
  };

  // ---- windows: one picture, one channel, one filter ---------------------

  const places = (n, f, stride) => Math.floor((n - f) / stride) + 1;
  const windowsOf = (A, f, stride, see) =>
    Array.from({length: places(A.length, f, stride)}, (_, h) =>
      Array.from({length: places(A[0].length, f, stride)}, (_, w) =>
        see(A.slice(stride * h, stride * h + f)
          .map(row => row.slice(stride * w, stride * w + f)))));

  const conv_forward = (A, W, stride = 1) => windowsOf(A, W.length, stride,
    P => sum(each(P, (p, i, j) => p * W[i][j]).map(sum)));

  // What a window sends back, by (8.1), to the pixels beneath it.
  const windows_backward = (dOut, f, stride, A, share) => {
    const dA = each(A, () => 0);
    each(dOut, (d, h, w) => {
      for (let i = 0; i < f; i++) {
        for (let j = 0; j < f; j++) {
          dA[stride * h + i][stride * w + j] += share(d, h, w, i, j);
        }
      }
    });
    return dA;
  };

  const conv_backward = (dZ, A, W, stride = 1) => {
    const dW = each(W, () => 0);
    const dA = windows_backward(dZ, W.length, stride, A, (d, h, w, i, j) => {
      dW[i][j] += A[stride * h + i][stride * w + j] * d;
      return W[i][j] * d;
    });
    return [dA, dW, sum(dZ.map(sum))];
  };

  const pool_forward = (A, f, stride, mode = "max") =>
    windowsOf(A, f, stride, P => mode === "max"
      ? Math.max(...P.flat()) : sum(P.flat()) / f ** 2);

  const first_maximum = (A, f, stride, h, w) => {
    let best = [0, 0];
    for (let i = 0; i < f; i++) {
      for (let j = 0; j < f; j++) {
        const [y, x] = [stride * h, stride * w];
        if (A[y + i][x + j] > A[y + best[0]][x + best[1]]) best = [i, j];
      }
    }
    return best;
  };

  const pool_backward = (dA, A, f, stride, mode = "max") =>
    windows_backward(dA, f, stride, A, (d, h, w, i, j) => {
      if (mode !== "max") return d / f ** 2;
      const [y, x] = first_maximum(A, f, stride, h, w);
      return y === i && x === j ? d : 0;
    });

  return {
    each, transpose, multiply, zeros, sum, ACTIVATIONS, DERIVATIVES,
    sigmoid, relu, tanh, gaussian, softmax, softmax_backward,
    linear_forward, linear_backward, L_model_forward, L_model_backward,
    compute_cost, compute_categorical_cost, compute_cost_backward,
    compute_categorical_cost_backward, cost_of, update_parameters,
    initialize_velocity, update_parameters_with_momentum, random, normal,
    random_mini_batches, conv_forward, conv_backward, pool_forward,
    pool_backward, first_maximum};
})();
