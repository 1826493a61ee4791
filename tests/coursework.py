# ruff: noqa: E501 (lines as long as in the notebooks)
"""Course work as people hand it in: right answers in several people's ways of
writing, and slips planted in them. Data of test_grader.py."""

# One person: the first edition's way, with asserts, prints and the modules
# that come with the notebook.
FIRST_EDITION = '''
import numpy as np
import h5py
import matplotlib.pyplot as plt
from testCases_v4 import *
from dnn_utils_v2 import sigmoid, sigmoid_backward, relu, relu_backward

plt.rcParams['figure.figsize'] = (5.0, 4.0)
plt.rcParams['image.cmap'] = 'gray'
np.random.seed(1)


def initialize_parameters(n_x, n_h, n_y):
    """Returns parameters -- dictionary with W1, b1, W2, b2"""
    np.random.seed(1)
    W1 = np.random.randn(n_h, n_x)*0.01
    b1 = np.zeros((n_h, 1))
    W2 = np.random.randn(n_y, n_h)*0.01
    b2 = np.zeros((n_y, 1))
    assert(W1.shape == (n_h, n_x))
    assert(b2.shape == (n_y, 1))
    parameters = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}
    return parameters


def initialize_parameters_deep(layer_dims):
    np.random.seed(3)
    parameters = {}
    L = len(layer_dims)
    for l in range(1, L):
        parameters['W' + str(l)] = np.random.randn(layer_dims[l], layer_dims[l-1]) * 0.01
        parameters['b' + str(l)] = np.zeros((layer_dims[l], 1))
        assert(parameters['b' + str(l)].shape == (layer_dims[l], 1))
    return parameters


def linear_forward(A, W, b):
    Z = np.dot(W, A) + b
    assert(Z.shape == (W.shape[0], A.shape[1]))
    cache = (A, W, b)
    return Z, cache


def linear_activation_forward(A_prev, W, b, activation):
    if activation == "sigmoid":
        Z, linear_cache = linear_forward(A_prev, W, b)
        A, activation_cache = sigmoid(Z)
    elif activation == "relu":
        Z, linear_cache = linear_forward(A_prev, W, b)
        A, activation_cache = relu(Z)
    assert (A.shape == (W.shape[0], A_prev.shape[1]))
    cache = (linear_cache, activation_cache)
    return A, cache


def L_model_forward(X, parameters):
    caches = []
    A = X
    L = len(parameters) // 2
    for l in range(1, L):
        A_prev = A
        A, cache = linear_activation_forward(A_prev, parameters['W' + str(l)], parameters['b' + str(l)], activation="relu")
        caches.append(cache)
    AL, cache = linear_activation_forward(A, parameters['W' + str(L)], parameters['b' + str(L)], activation="sigmoid")
    caches.append(cache)
    assert(AL.shape == (1, X.shape[1]))
    return AL, caches


def compute_cost(AL, Y):
    m = Y.shape[1]
    cost = -1/m * np.sum(np.multiply(Y, np.log(AL)) + np.multiply(1-Y, np.log(1-AL)), axis=1, keepdims=True)
    cost = np.squeeze(cost)
    assert(cost.shape == ())
    return cost


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = 1/m * np.dot(dZ, A_prev.T)
    db = 1/m * np.sum(dZ, axis=1, keepdims=True)
    dA_prev = np.dot(W.T, dZ)
    assert (dA_prev.shape == A_prev.shape)
    assert (db.shape == b.shape)
    return dA_prev, dW, db


def linear_activation_backward(dA, cache, activation):
    linear_cache, activation_cache = cache
    if activation == "relu":
        dZ = relu_backward(dA, activation_cache)
        dA_prev, dW, db = linear_backward(dZ, linear_cache)
    elif activation == "sigmoid":
        dZ = sigmoid_backward(dA, activation_cache)
        dA_prev, dW, db = linear_backward(dZ, linear_cache)
    return dA_prev, dW, db


def L_model_backward(AL, Y, caches):
    grads = {}
    L = len(caches)
    m = AL.shape[1]
    Y = Y.reshape(AL.shape)
    dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    current_cache = caches[L-1]
    grads["dA" + str(L)], grads["dW" + str(L)], grads["db" + str(L)] = linear_activation_backward(dAL, current_cache, activation="sigmoid")
    for l in reversed(range(L-1)):
        current_cache = caches[l]
        dA_prev_temp, dW_temp, db_temp = linear_activation_backward(grads["dA" + str(l+2)], current_cache, activation="relu")
        grads["dA" + str(l + 1)] = dA_prev_temp
        grads["dW" + str(l + 1)] = dW_temp
        grads["db" + str(l + 1)] = db_temp
    return grads


def update_parameters(parameters, grads, learning_rate):
    L = len(parameters) // 2
    for l in range(L):
        parameters["W" + str(l+1)] = parameters["W" + str(l+1)] - learning_rate * grads["dW" + str(l+1)]
        parameters["b" + str(l+1)] = parameters["b" + str(l+1)] - learning_rate * grads["db" + str(l+1)]
    return parameters


def two_layer_model(X, Y, layers_dims, learning_rate=0.0075, num_iterations=3000, print_cost=False):
    np.random.seed(1)
    grads = {}
    costs = []
    (n_x, n_h, n_y) = layers_dims
    parameters = initialize_parameters(n_x, n_h, n_y)
    W1, b1 = parameters["W1"], parameters["b1"]
    W2, b2 = parameters["W2"], parameters["b2"]
    for i in range(0, num_iterations):
        A1, cache1 = linear_activation_forward(X, W1, b1, "relu")
        A2, cache2 = linear_activation_forward(A1, W2, b2, "sigmoid")
        cost = compute_cost(A2, Y)
        dA2 = -(np.divide(Y, A2) - np.divide(1 - Y, 1 - A2))
        dA1, dW2, db2 = linear_activation_backward(dA2, cache2, "sigmoid")
        dA0, dW1, db1 = linear_activation_backward(dA1, cache1, "relu")
        grads['dW1'], grads['db1'], grads['dW2'], grads['db2'] = dW1, db1, dW2, db2
        parameters = update_parameters(parameters, grads, learning_rate)
        W1, b1 = parameters["W1"], parameters["b1"]
        W2, b2 = parameters["W2"], parameters["b2"]
        if print_cost and i % 100 == 0:
            print("Cost after iteration {}: {}".format(i, np.squeeze(cost)))
            costs.append(cost)
    plt.plot(np.squeeze(costs)) if print_cost else None
    return parameters


def L_layer_model(X, Y, layers_dims, learning_rate=0.0075, num_iterations=3000, print_cost=False):
    np.random.seed(1)
    costs = []
    parameters = initialize_parameters_deep(layers_dims)
    for i in range(0, num_iterations):
        AL, caches = L_model_forward(X, parameters)
        cost = compute_cost(AL, Y)
        grads = L_model_backward(AL, Y, caches)
        parameters = update_parameters(parameters, grads, learning_rate)
        if print_cost and i % 100 == 0:
            costs.append(cost)
    return parameters


def predict(X, y, parameters):
    m = X.shape[1]
    p = np.zeros((1, m))
    probas, caches = L_model_forward(X, parameters)
    for i in range(0, probas.shape[1]):
        if probas[0, i] > 0.5:
            p[0, i] = 1
        else:
            p[0, i] = 0
    print("Accuracy: " + str(np.sum((p == y)/m)))
    return p


train_x_orig, train_y, test_x_orig, test_y, classes = load_data()
parameters = L_layer_model(train_x_orig, train_y, [12288, 20, 1], num_iterations=2500, print_cost=True)
'''

# Another: the new edition, deep copies, @, and everything said at once.
NEW_EDITION = '''
import copy
from copy import deepcopy
import numpy as np
from public_tests import *
from dnn_app_utils_v3 import *
import warnings
warnings.filterwarnings("ignore")


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z)), Z

def relu(Z):
    A = np.where(Z > 0, Z, 0.)
    return A, Z

def relu_backward(dA, cache):
    dZ = np.array(dA, copy=True)
    dZ[cache <= 0] = 0
    return dZ

def sigmoid_backward(dA, cache):
    s = 1/(1+np.exp(-cache))
    return dA * s * (1-s)

def initialize_parameters(n_x, n_h, n_y):
    shapes = {"W1": (n_h, n_x), "W2": (n_y, n_h)}
    return {"W1": np.random.randn(*shapes["W1"]) * .01, "b1": np.zeros(shape=(n_h, 1)),
            "W2": np.random.randn(*shapes["W2"]) * .01, "b2": np.zeros(shape=(n_y, 1))}

def initialize_parameters_deep(layer_dims):
    np.random.seed(3)
    P = dict()
    for l, (rows, cols) in enumerate(zip(layer_dims[1:], layer_dims[:-1])):
        P[f"W{l+1}"], P[f"b{l+1}"] = np.random.randn(rows, cols)*0.01, np.zeros((rows, 1))
    return P

def linear_forward(A, W, b):
    return W @ A + b, (A, W, b)

def linear_activation_forward(A_prev, W, b, activation):
    functions = {"sigmoid": sigmoid, "relu": relu}
    Z, linear_cache = linear_forward(A_prev, W, b)
    A, activation_cache = functions[activation](Z)
    return A, (linear_cache, activation_cache)

def L_model_forward(X, parameters):
    A, caches, L = X, [], len(parameters) // 2
    for l in range(1, L + 1):
        A, cache = linear_activation_forward(A, parameters[f"W{l}"], parameters[f"b{l}"],
                                             "relu" if l < L else "sigmoid")
        caches += [cache]
    return A, caches

def compute_cost(AL, Y):
    m = Y.shape[1]
    cost = (-1./m) * (np.dot(Y, np.log(AL).T) + np.dot(1-Y, np.log(1-AL).T))
    return np.squeeze(cost)

def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    ones = np.ones((m, 1))
    return W.T @ dZ, dZ @ A_prev.T / m, dZ @ ones / m

def linear_activation_backward(dA, cache, activation):
    linear_cache, Z = cache
    if activation == "relu":
        dZ = dA * np.int64(Z > 0)
    else:
        dZ = sigmoid_backward(dA, Z)
    return linear_backward(dZ, linear_cache)

def L_model_backward(AL, Y, caches):
    grads = {}
    L = len(caches)
    Y = Y.reshape(AL.shape)
    dA = (1 - Y) / (1 - AL) - Y / AL
    for l in range(L, 0, -1):
        activation = "sigmoid" if l == L else "relu"
        dA, dW, db = linear_activation_backward(dA, caches[l-1], activation)
        grads.update({"dA" + str(l-1): dA, "dW" + str(l): dW, "db" + str(l): db})
    return grads

def update_parameters(params, grads, learning_rate):
    parameters = copy.deepcopy(params)
    for key in parameters:
        parameters[key] -= learning_rate * grads["d" + key]
    return parameters

def two_layer_model(X, Y, layers_dims, learning_rate = 0.0075, num_iterations = 3000, print_cost=False):
    np.random.seed(1)
    costs = []
    parameters = initialize_parameters(*layers_dims)
    for i in range(num_iterations):
        A1, cache1 = linear_activation_forward(X, parameters["W1"], parameters["b1"], "relu")
        A2, cache2 = linear_activation_forward(A1, parameters["W2"], parameters["b2"], "sigmoid")
        cost = compute_cost(A2, Y)
        dA1, dW2, db2 = linear_activation_backward(- (Y/A2 - (1-Y)/(1-A2)), cache2, "sigmoid")
        _, dW1, db1 = linear_activation_backward(dA1, cache1, "relu")
        parameters = update_parameters(parameters, dict(dW1=dW1, db1=db1, dW2=dW2, db2=db2), learning_rate)
        if i % 100 == 0 or i == num_iterations:
            costs.append(cost)
    return parameters, costs
'''

# A third writes week 3: one row, tanh, a sigmoid of its own, other arguments.
WEEK_3 = '''
import numpy as np
from planar_utils import plot_decision_boundary, sigmoid, load_planar_dataset

def sigmoid(x):
    """Compute the sigmoid of x"""
    s = 1/(1+np.exp(-x))
    return s

def initialize_parameters(n_x, n_h, n_y):
    np.random.seed(2)
    W1 = np.random.randn(n_h,n_x) * 0.01
    b1 = np.zeros((n_h,1))
    W2 = np.random.randn(n_y,n_h) * 0.01
    b2 = np.zeros((n_y,1))
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}

def forward_propagation(X, parameters):
    Z1 = np.dot(parameters["W1"], X) + parameters["b1"]
    A1 = np.tanh(Z1)
    Z2 = np.dot(parameters["W2"], A1) + parameters["b2"]
    A2 = sigmoid(Z2)
    return A2, {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}

def compute_cost(A2, Y, parameters):
    m = Y.shape[1]
    logprobs = np.multiply(np.log(A2), Y) + np.multiply((1 - Y), np.log(1 - A2))
    cost = - np.sum(logprobs) / m
    cost = float(np.squeeze(cost))
    assert(isinstance(cost, float))
    return cost

def update_parameters(parameters, grads, learning_rate = 1.2):
    W1, b1, W2, b2 = (parameters[k] for k in ("W1", "b1", "W2", "b2"))
    dW1, db1, dW2, db2 = (grads[k] for k in ("dW1", "db1", "dW2", "db2"))
    W1 = W1 - learning_rate * dW1
    b1 = b1 - learning_rate * db1
    W2 = W2 - learning_rate * dW2
    b2 = b2 - learning_rate * db2
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}

def predict(w, b, X):
    return sigmoid(np.dot(w.T, X) + b) > 0.5

def gradient_check(x, theta, epsilon=1e-7, print_msg=False):
    gradapprox = ((theta + epsilon) * x - (theta - epsilon) * x) / (2 * epsilon)
    return np.linalg.norm(x - gradapprox) / (np.linalg.norm(x) + np.linalg.norm(gradapprox))
'''

# Course 2, week 2, by two people.
MOMENTUM = '''
import math
import numpy as np
import scipy.io
from opt_utils_v1a import load_params_and_grads, initialize_parameters

def random_mini_batches(X, Y, mini_batch_size = 64, seed = 0):
    np.random.seed(seed)
    m = X.shape[1]
    mini_batches = []
    permutation = list(np.random.permutation(m))
    shuffled_X = X[:, permutation]
    shuffled_Y = Y[:, permutation].reshape((1, m))
    inc = mini_batch_size
    num_complete_minibatches = math.floor(m / mini_batch_size)
    for k in range(0, num_complete_minibatches):
        mini_batch_X = shuffled_X[:, k*inc : (k+1)*inc]
        mini_batch_Y = shuffled_Y[:, k*inc : (k+1)*inc]
        mini_batches.append((mini_batch_X, mini_batch_Y))
    if m % mini_batch_size != 0:
        mini_batch_X = shuffled_X[:, num_complete_minibatches*inc :]
        mini_batch_Y = shuffled_Y[:, num_complete_minibatches*inc :]
        mini_batches.append((mini_batch_X, mini_batch_Y))
    return mini_batches

def initialize_velocity(parameters):
    L = len(parameters) // 2
    v = {}
    for l in range(L):
        v["dW" + str(l+1)] = np.zeros((parameters["W" + str(l+1)].shape[0], parameters["W" + str(l+1)].shape[1]))
        v["db" + str(l+1)] = np.zeros_like(parameters["b" + str(l+1)])
    return v

def update_parameters_with_momentum(parameters, grads, v, beta, learning_rate):
    L = len(parameters) // 2
    for l in range(1, L + 1):
        v["dW" + str(l)] = beta*v["dW" + str(l)] + (1 - beta)*grads["dW" + str(l)]
        v["db" + str(l)] = beta*v["db" + str(l)] + (1 - beta)*grads["db" + str(l)]
        parameters["W" + str(l)] = parameters["W" + str(l)] - learning_rate*v["dW" + str(l)]
        parameters["b" + str(l)] = parameters["b" + str(l)] - learning_rate*v["db" + str(l)]
    return parameters, v
'''

MOMENTUM_AGAIN = '''
import numpy as np

def random_mini_batches(X, Y, batch_size=64, seed=0):
    order = np.random.RandomState(seed).permutation(len(X.T))
    chunks = [order[i:i + batch_size] for i in range(0, len(order), batch_size)]
    return [(np.take(X, c, axis=1), np.take(Y, c, axis=1)) for c in chunks]

initialize_velocity = lambda parameters: {
    "d" + name: np.zeros(P.shape) for name, P in parameters.items()}

if True:
    def update_parameters_with_momentum(parameters, grads, v, beta, learning_rate):
        new_v = {k: beta * v[k] + (1 - beta) * grads[k] for k in v}
        return {k: P - learning_rate * new_v["d" + k] for k, P in parameters.items()}, new_v
'''

# Course 4, week 1, by two people.
CONVOLUTION = '''
import numpy as np

def zero_pad(X, pad):
    X_pad = np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)), mode='constant', constant_values=(0, 0))
    return X_pad

def conv_single_step(a_slice_prev, W, b):
    s = np.multiply(a_slice_prev, W)
    Z = np.sum(s)
    Z = Z + b.item()
    return Z

def conv_forward(A_prev, W, b, hparameters):
    (m, n_H_prev, n_W_prev, n_C_prev) = A_prev.shape
    (f, f, n_C_prev, n_C) = W.shape
    stride = hparameters["stride"]
    pad = hparameters["pad"]
    n_H = int((n_H_prev - f + 2*pad) / stride) + 1
    n_W = int((n_W_prev - f + 2*pad) / stride) + 1
    Z = np.zeros((m, n_H, n_W, n_C))
    A_prev_pad = zero_pad(A_prev, pad)
    for i in range(m):
        a_prev_pad = A_prev_pad[i]
        for h in range(n_H):
            vert_start = h * stride
            vert_end = vert_start + f
            for w in range(n_W):
                horiz_start = w * stride
                horiz_end = horiz_start + f
                for c in range(n_C):
                    a_slice_prev = a_prev_pad[vert_start:vert_end, horiz_start:horiz_end, :]
                    weights = W[:, :, :, c]
                    biases = b[:, :, :, c]
                    Z[i, h, w, c] = conv_single_step(a_slice_prev, weights, biases)
    cache = (A_prev, W, b, hparameters)
    return Z, cache

def pool_forward(A_prev, hparameters, mode = "max"):
    (m, n_H_prev, n_W_prev, n_C_prev) = A_prev.shape
    f = hparameters["f"]
    stride = hparameters["stride"]
    n_H = int(1 + (n_H_prev - f) / stride)
    n_W = int(1 + (n_W_prev - f) / stride)
    n_C = n_C_prev
    A = np.zeros((m, n_H, n_W, n_C))
    for i in range(m):
        for h in range(n_H):
            vert_start, vert_end = h*stride, h*stride + f
            for w in range(n_W):
                horiz_start, horiz_end = w*stride, w*stride + f
                for c in range(n_C):
                    a_prev_slice = A_prev[i, vert_start:vert_end, horiz_start:horiz_end, c]
                    if mode == "max":
                        A[i, h, w, c] = np.max(a_prev_slice)
                    elif mode == "average":
                        A[i, h, w, c] = np.mean(a_prev_slice)
    cache = (A_prev, hparameters)
    return A, cache

def conv_backward(dZ, cache):
    (A_prev, W, b, hparameters) = cache
    (m, n_H_prev, n_W_prev, n_C_prev) = A_prev.shape
    (f, f, n_C_prev, n_C) = W.shape
    stride = hparameters['stride']
    pad = hparameters['pad']
    (m, n_H, n_W, n_C) = dZ.shape
    dA_prev = np.zeros(A_prev.shape)
    dW = np.zeros(W.shape)
    db = np.zeros((1, 1, 1, n_C))
    A_prev_pad = zero_pad(A_prev, pad)
    dA_prev_pad = zero_pad(dA_prev, pad)
    for i in range(m):
        a_prev_pad = A_prev_pad[i]
        da_prev_pad = dA_prev_pad[i]
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    vert_start = stride * h
                    vert_end = vert_start + f
                    horiz_start = stride * w
                    horiz_end = horiz_start + f
                    a_slice = a_prev_pad[vert_start:vert_end, horiz_start:horiz_end, :]
                    da_prev_pad[vert_start:vert_end, horiz_start:horiz_end, :] += W[:, :, :, c] * dZ[i, h, w, c]
                    dW[:, :, :, c] += a_slice * dZ[i, h, w, c]
                    db[:, :, :, c] += dZ[i, h, w, c]
        dA_prev[i, :, :, :] = da_prev_pad[pad:-pad, pad:-pad, :]
    assert(dA_prev.shape == (m, n_H_prev, n_W_prev, n_C_prev))
    return dA_prev, dW, db

def create_mask_from_window(x):
    mask = (x == np.max(x))
    return mask

def distribute_value(dz, shape):
    (n_H, n_W) = shape
    average = dz / (n_H * n_W)
    return np.ones(shape) * average

def pool_backward(dA, cache, mode = "max"):
    (A_prev, hparameters) = cache
    stride = hparameters['stride']
    f = hparameters['f']
    m, n_H_prev, n_W_prev, n_C_prev = A_prev.shape
    m, n_H, n_W, n_C = dA.shape
    dA_prev = np.zeros(A_prev.shape)
    for i in range(m):
        a_prev = A_prev[i]
        for h in range(n_H):
            for w in range(n_W):
                for c in range(n_C):
                    vert_start = h * stride
                    vert_end = vert_start + f
                    horiz_start = w * stride
                    horiz_end = horiz_start + f
                    if mode == "max":
                        a_prev_slice = a_prev[vert_start:vert_end, horiz_start:horiz_end, c]
                        mask = create_mask_from_window(a_prev_slice)
                        dA_prev[i, vert_start:vert_end, horiz_start:horiz_end, c] += np.multiply(mask, dA[i, h, w, c])
                    elif mode == "average":
                        da = dA[i, h, w, c]
                        shape = (f, f)
                        dA_prev[i, vert_start:vert_end, horiz_start:horiz_end, c] += distribute_value(da, shape)
    return dA_prev
'''

CONVOLUTION_AGAIN = '''
import numpy as np
from itertools import product

def conv_single_step(a_slice_prev, W, b):
    return np.tensordot(a_slice_prev, W, axes=3) + np.squeeze(b)

def conv_forward(A_prev, W, b, hparameters):
    s, p, f = hparameters["stride"], hparameters["pad"], len(W)
    X = np.zeros((len(A_prev), A_prev.shape[1] + 2*p, A_prev.shape[2] + 2*p, A_prev.shape[3]))
    X[:, p:p + A_prev.shape[1], p:p + A_prev.shape[2]] = A_prev
    rows = range(0, X.shape[1] - f + 1, s)
    cols = range(0, X.shape[2] - f + 1, s)
    Z = np.array([[[np.einsum("ijk,ijkc->c", x[r:r+f, c:c+f], W) for c in cols] for r in rows] for x in X])
    return Z + b, (A_prev, W, b, hparameters)

def conv_backward(dZ, cache):
    A_prev, W, b, hparameters = cache
    s, p, f = hparameters["stride"], hparameters["pad"], len(W)
    X = np.pad(A_prev, [(0, 0), (p, p), (p, p), (0, 0)])
    dX, dW = np.zeros(X.shape), np.zeros(W.shape)
    for h, w in product(range(dZ.shape[1]), range(dZ.shape[2])):
        here = np.s_[:, h*s:h*s + f, w*s:w*s + f]
        dX[here] += np.einsum("mc,ijkc->mijk", dZ[:, h, w], W)
        dW += np.einsum("mijk,mc->ijkc", X[here], dZ[:, h, w])
    H, V = A_prev.shape[1:3]
    return dX[:, p:p+H, p:p+V], dW, dZ.sum((0, 1, 2), keepdims=True)

def pool_forward(A_prev, hparameters, mode="max"):
    f, s = hparameters["f"], hparameters["stride"]
    V = np.lib.stride_tricks.sliding_window_view(A_prev, (f, f), axis=(1, 2))[:, ::s, ::s]
    return (V.max((-1, -2)) if mode == "max" else V.mean((-1, -2))), (A_prev, hparameters)
'''

RIGHT = {
    "first edition": FIRST_EDITION,
    "new edition": NEW_EDITION,
    "week 3": WEEK_3,
    "momentum": MOMENTUM,
    "momentum again": MOMENTUM_AGAIN,
    "convolution": CONVOLUTION,
    "convolution again": CONVOLUTION_AGAIN,
}

# Slips: the file, the function, what stands in it and what stands there in
# the wrong version (every time it stands there), what `grade` calls it, and
# the words for the slip, "" where none is to be named.
ANY = ("wrong value", "gradient wrong", "wrong shape", "wrong type", "raises")
WRONG = [
    ("first edition", "initialize_parameters", "*0.01", "", "the scale is forgotten"),
    ("first edition", "initialize_parameters", "randn(", "rand(", "rand is uniform"),
    ("first edition", "initialize_parameters", "b1 = np.zeros", "b1 = np.ones", "b1 starts at 1"),
    ("first edition", "initialize_parameters", "np.random.randn(n_h, n_x)", "np.random.randn(n_x, n_h).T", "drawn as its transpose"),
    ("first edition", "initialize_parameters", "return parameters", "return None", ""),
    ("first edition", "initialize_parameters", "(n_y, 1)", "(n_y,)", ""),
    ("new edition", "initialize_parameters_deep", "*0.01", "", "the scale is forgotten"),
    ("new edition", "initialize_parameters_deep", "*0.01", "/np.sqrt(cols)", "1/sqrt(n_prev)"),
    ("new edition", "initialize_parameters_deep", ".randn", ".rand", "rand is uniform"),
    ("first edition", "initialize_parameters_deep", "for l in range(1, L):", "for l in range(1, L):\n        np.random.seed(3)", "seeded for each W"),
    ("first edition", "initialize_parameters_deep", "range(1, L)", "range(1, L - 1)", ""),
    ("first edition", "linear_forward", ") + b", ")", "the bias is forgotten"),
    ("new edition", "linear_forward", "+ b", "- b", "the bias is subtracted"),
    ("new edition", "linear_forward", "W @ A", "A @ W", ""),
    ("new edition", "linear_forward", "(A, W, b)\n", "(W, A, b)\n", ""),
    ("new edition", "linear_forward", "W @ A + b, (A, W, b)", "(W @ A + b).tolist(), (A, W, b)", ""),
    ("first edition", "linear_activation_forward", "A, activation_cache = relu(Z)", "A, activation_cache = sigmoid(Z)", "sigmoid, whatever"),
    ("first edition", "linear_activation_forward", "A, activation_cache = sigmoid(Z)", "A, activation_cache = relu(Z)", "relu, whatever"),
    ("first edition", "linear_activation_forward", "(linear_cache, activation_cache)", "(activation_cache, linear_cache)", "the two caches are swapped"),
    ("new edition", "linear_activation_forward", "return A,", "activation_cache = A\n    return A,", "the cache holds A"),
    ("new edition", "linear_activation_forward", "return A,", "return Z,", "the activation is left out"),
    ("new edition", "L_model_forward", '"relu" if l < L else "sigmoid"', '"relu"', "relu at last too"),
    ("new edition", "L_model_forward", '"relu" if l < L else "sigmoid"', '"sigmoid"', "sigmoid in every layer"),
    ("new edition", "L_model_forward", "range(1, L + 1)", "range(1, L)", "the last layer is left out"),
    ("first edition", "compute_cost", "-1/m * np", "-1 * np", "the 1/m is forgotten"),
    ("first edition", "compute_cost", "-1/m * np", "1/m * np", "the sign is flipped"),
    ("first edition", "compute_cost", "-1/m * np", "-(1//m) * np", "1 // m is 0"),
    ("new edition", "compute_cost", " + np.dot(1-Y, np.log(1-AL).T)", "", "only the term with Y"),
    ("new edition", "compute_cost", "np.log(1-AL)", "np.log(AL)", "the second log takes 1 - AL"),
    ("new edition", "compute_cost", "np.log(", "np.log10(", "log10 for log"),
    ("new edition", "compute_cost", "np.squeeze(cost)", "cost", ""),
    ("week 3", "compute_cost", "/ m", "", "the 1/m is forgotten"),
    ("new edition", "relu", "np.where(Z > 0, Z, 0.)", "np.abs(Z)", "abs(Z) for max(0, Z)"),
    ("new edition", "sigmoid", "np.exp(-Z)", "np.exp(Z)", "exp(Z) for exp(-Z)"),
    ("week 3", "sigmoid", "np.exp(-x)", "np.exp(x)", ""),
    ("new edition", "relu_backward", "dZ[cache <= 0] = 0", "pass", "the activation's slope is skipped"),
    ("new edition", "relu_backward", "dZ[cache <= 0]", "dZ[dZ <= 0]", "the mask is taken of dA"),
    ("new edition", "relu_backward", "dZ[cache <= 0]", "dZ[cache > 0]", "the wrong way round"),
    ("new edition", "sigmoid_backward", "dA * s", "s", "dA is forgotten"),
    ("new edition", "sigmoid_backward", " * (1-s)", "", "the factor 1 - A is missing"),
    ("new edition", "sigmoid_backward", "dA * s * (1-s)", "dA * cache * (1 - cache)", "Z for A"),
    ("first edition", "linear_backward", "dW = 1/m * ", "dW = ", "the 1/m is forgotten"),
    ("first edition", "linear_backward", "db = 1/m * ", "db = ", "the 1/m is forgotten"),
    ("first edition", "linear_backward", "1/m * ", "", "the 1/m is forgotten"),
    ("first edition", "linear_backward", "1/m * ", "1/m/m * ", "the 1/m is taken twice"),
    ("first edition", "linear_backward", "1/m * ", "1//m * ", "1 // m is 0"),
    ("first edition", "linear_backward", "shape[1]", "shape[0]", "m is shape[1]"),
    ("first edition", "linear_backward", ", keepdims=True", "", ""),
    ("new edition", "linear_backward", "W.T @ dZ,", "W.T @ dZ / m,", "a 1/m too much"),
    ("new edition", "linear_backward", "return W.T @ dZ, dZ @ A_prev.T / m, dZ @ ones / m", "return dZ @ A_prev.T / m, dZ @ ones / m, W.T @ dZ", "in another order"),
    ("new edition", "linear_backward", "dZ @ A_prev.T / m", "A_prev @ dZ.T / m", "it is transposed"),
    ("new edition", "linear_backward", "dZ @ ones / m", "np.sum(dZ, axis=1) / m", "keepdims=True is missing"),
    ("new edition", "linear_activation_backward", "dA * np.int64(Z > 0)", "dA", "slope is skipped (5.10)"),
    ("new edition", "linear_activation_backward", "dA * np.int64(Z > 0)", "relu(dA)[0]", "the activation for its slope"),
    ("new edition", "linear_activation_backward", "dA * np.int64(Z > 0)", "sigmoid_backward(dA, Z)", "sigmoid, whatever"),
    ("first edition", "linear_activation_backward", "relu_backward(dA, activation_cache)", "dA", "slope is skipped"),
    ("first edition", "L_model_backward", "dAL = -(", "dAL = (", "the sign of dAL is flipped"),
    ("first edition", "L_model_backward", "dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))", "dAL = AL - Y", "A - Y is dZ of the last layer"),
    ("first edition", "L_model_backward", "np.divide(1 - Y, 1 - AL))", "np.divide(1 - Y, 1 - AL)) / m", "a 1/m too much in dAL"),
    ("new edition", "L_model_backward", '"sigmoid" if l == L else "relu"', '"relu"', "relu at last too"),
    ("new edition", "L_model_backward", "range(L, 0, -1)", "range(L, 1, -1)", "the first layer is left out"),
    ("first edition", "update_parameters", "] - learning_rate", "] + learning_rate", "along the gradient"),
    ("first edition", "update_parameters", "learning_rate * grads", "grads", "the rate is forgotten"),
    ("first edition", "update_parameters", "range(L)", "range(L - 1)", "the last layer is left out"),
    ("first edition", "update_parameters", 'learning_rate * grads["db', '0 * grads["db', "the biases are not updated"),
    ("week 3", "update_parameters", '"b2": b2', '"b2": b2 + learning_rate * db2', "the biases"),
    ("momentum", "random_mini_batches", "if m % mini_batch_size != 0:", "if False:", "the last batch is dropped"),
    ("momentum", "random_mini_batches", "Y[:, permutation]", "Y", "only X is shuffled"),
    ("momentum", "random_mini_batches", "X[:, permutation]", "X", "only Y is shuffled"),
    ("momentum", "random_mini_batches", "np.random.seed(seed)", "np.random.seed(0)", "the seed is always 0"),
    ("momentum", "random_mini_batches", "np.random.seed(seed)", "pass", "the seed is ignored"),
    ("momentum", "random_mini_batches", "list(np.random.permutation(m))", "list(range(m))", "nothing is shuffled"),
    ("momentum", "initialize_velocity", "np.zeros_like(", "np.ones_like(", "the velocity starts at 1"),
    ("momentum", "update_parameters_with_momentum", "(1 - beta)*", "", "the factor 1 - beta"),
    ("momentum again", "update_parameters_with_momentum", "beta * v[k] + (1 - beta) * grads[k]", "(1 - beta) * v[k] + beta * grads[k]", "beta stands on the wrong side"),
    ("momentum again", "update_parameters_with_momentum", 'new_v["d" + k]', 'grads["d" + k]', "along grads, not along v"),
    ("momentum again", "update_parameters_with_momentum", 'new_v["d" + k]', 'v["d" + k]', "along the velocity before"),
    ("momentum again", "update_parameters_with_momentum", "learning_rate * new_v", "new_v", "the rate is forgotten"),
    ("momentum again", "update_parameters_with_momentum", "P - learning", "P + learning", "goes uphill"),
    ("convolution", "conv_single_step", "Z + b.item()", "Z", "the bias is forgotten"),
    ("convolution", "conv_single_step", "np.sum(s)", "np.sum(s + b - b / s.size)", "added at each entry"),
    ("convolution", "conv_forward", "conv_single_step(a_slice_prev, weights, biases)", "np.sum(a_slice_prev * weights)", "the bias is forgotten"),
    ("convolution", "conv_forward", "conv_single_step(a_slice_prev, weights, biases)", "np.sum(a_slice_prev * weights + biases)", "added at each entry"),
    ("convolution", "conv_forward", "h * stride", "h", ""),
    ("convolution", "conv_forward", "start = h * stride", "start = h", ""),
    ("convolution", "conv_forward", " + 2*pad", "", "the padding is forgotten in the size"),
    ("convolution", "pool_forward", "np.max", "np.min", "min for max"),
    ("convolution", "pool_forward", "np.mean", "np.sum", "the 1/f**2 is forgotten"),
    ("convolution", "pool_forward", 'hparameters["f"]', 'hparameters["stride"]', ""),
    ("convolution again", "pool_forward", "f, s =", "s, f =", "f and stride are swapped"),
    ("convolution", "conv_backward", "stride * h", "h", ""),
    ("convolution again", "conv_backward", "h*s:h*s + f, w*s:w*s + f", "h:h + f, w:w + f", "the stride is ignored"),
    ("convolution", "conv_backward", ":] += W", ":] = W", "where windows overlap they add"),
    ("convolution", "conv_backward", "dW[:, :, :, c] +=", "dW[:, :, :, c] =", "dW sums over all places"),
    ("convolution", "conv_backward", "db[:, :, :, c] +=", "db[:, :, :, c] =", "db sums over all places"),
    ("convolution", "conv_backward", "db[:, :, :, c] +=", "db +=", "db is summed over the filters too"),
    ("convolution again", "conv_backward", "dX[:, p:p+H, p:p+V]", "dX", "the frame is not cut off"),
    ("convolution again", "conv_backward", "dX[:, p:p+H, p:p+V]", "dX[:, :H, :V]", "cut off at one side only"),
    ("convolution", "pool_backward", "c] +=", "c] =", "where windows overlap gradients add"),
    ("convolution", "pool_backward", "distribute_value(da, shape)", "da", "the 1/f**2 is forgotten"),
    ("convolution", "pool_backward", "np.multiply(mask, dA[i, h, w, c])", "dA[i, h, w, c]", "goes to the whole window"),
]
