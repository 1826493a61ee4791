"""The gradients equal PyTorch's in float64, to ten digits."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from test_properties import (
    close,
    convolutions,
    nets,
    picture_nets,
    pools,
)

import backprop as bp

torch = pytest.importorskip(
    "torch", reason="PyTorch is not installed: pip install torch"
)

ACTIVATIONS = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "gaussian": lambda z: torch.exp(-(z**2)),
    "softmax": lambda z: torch.softmax(z, dim=0),
}


def leaf(array):
    return torch.tensor(array, dtype=torch.float64, requires_grad=True)


@given(nets())
def test_dense_nets(net):
    X, Y, parameters, activations = net
    AL, caches = bp.L_model_forward(X, parameters, activations)
    assume(AL.min() > 1e-3 and AL.max() < 1 - 1e-3)
    grads = bp.L_model_backward(AL, Y, caches, activations)

    weights = {name: leaf(value) for name, value in parameters.items()}
    inputs = A = leaf(X)
    for l, name in enumerate(activations, 1):
        A = ACTIVATIONS[name](weights[f"W{l}"] @ A + weights[f"b{l}"])
    labels, m = torch.tensor(Y), X.shape[1]
    if activations[-1] == "sigmoid":
        cost = torch.nn.functional.binary_cross_entropy(
            A, labels, reduction="sum") / m
    else:
        cost = -(labels * A.log()).sum() / m
    cost.backward()
    close(AL, A.detach().numpy(), 1e-10)
    _, J, _ = bp.dense_net(activations)
    close(J(AL, Y), cost.detach().numpy(), 1e-10)
    for name, weight in weights.items():
        close(grads["d" + name], weight.grad.numpy(), 1e-10)
    close(grads["dA0"], m * inputs.grad.numpy(), 1e-10)


def to_torch(pictures):
    """(m, h, w, c) as PyTorch's (m, c, h, w)."""
    return leaf(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)))


def from_torch(pictures):
    return pictures.detach().numpy().transpose(0, 2, 3, 1)


@given(convolutions())
def test_convolution(case):
    A_prev, W, b, hparameters = case
    Z, cache = bp.conv_forward(*case)
    dZ = np.random.RandomState(0).randn(*Z.shape)
    dA_prev, dW, db = bp.conv_backward(dZ, cache)

    inputs = to_torch(A_prev)
    filters = leaf(np.ascontiguousarray(W.transpose(3, 2, 0, 1)))
    bias = leaf(b.ravel())
    outputs = torch.nn.functional.conv2d(
        inputs, filters, bias, hparameters["stride"], hparameters["pad"]
    )
    outputs.backward(torch.tensor(dZ.transpose(0, 3, 1, 2).copy()))
    close(Z, from_torch(outputs), 1e-10)
    close(dA_prev, from_torch(inputs.grad), 1e-10)
    close(dW, filters.grad.numpy().transpose(2, 3, 1, 0), 1e-10)
    close(db.ravel(), bias.grad.numpy(), 1e-10)


@given(pools(), st.sampled_from(["max", "average"]))
def test_pooling(case, mode):
    A_prev, hparameters = case
    A, cache = bp.pool_forward(A_prev, hparameters, mode=mode)
    dA = np.random.RandomState(0).randn(*A.shape)
    dA_prev = bp.pool_backward(dA, cache, mode=mode)

    pool = {
        "max": torch.nn.functional.max_pool2d,
        "average": torch.nn.functional.avg_pool2d,
    }[mode]
    inputs = to_torch(A_prev)
    outputs = pool(inputs, hparameters["f"], hparameters["stride"])
    outputs.backward(torch.tensor(dA.transpose(0, 3, 1, 2).copy()))
    close(A, from_torch(outputs), 1e-10)
    close(dA_prev, from_torch(inputs.grad), 1e-10)


def test_pooling_breaks_ties_as_torch_does():
    A_prev = np.zeros((1, 4, 4, 1))
    A, cache = bp.pool_forward(A_prev, {"f": 2, "stride": 2})
    dA_prev = bp.pool_backward(np.ones_like(A), cache)
    inputs = to_torch(A_prev)
    torch.nn.functional.max_pool2d(inputs, 2).sum().backward()
    close(dA_prev, from_torch(inputs.grad), 0)


@given(picture_nets())
def test_nets_of_pictures(case):
    X, Y, parameters, net = case
    forward, J, backward = bp.conv_net(*net)
    activation, activations, how = net
    AL, caches = forward(X, parameters)
    grads = backward(AL, Y, caches)
    for _, (A_prev, hparameters), _ in caches[:-1]:
        P = bp.windows(A_prev, hparameters["f"], hparameters["stride"])
        best = np.sort(P.reshape(-1, *P.shape[2:]), axis=0)
        # Where two pixels of a window tie, rounding decides: of no interest.
        assume(len(best) == 1 or (best[-1] - best[-2]).min() > 1e-9)

    weights = {name: leaf(value) for name, value in parameters.items()}
    A = torch.tensor(X.transpose(0, 3, 1, 2).copy())
    for l in range(1, len(caches)):
        bias = weights.get(f"b{l}")
        A = torch.nn.functional.conv2d(
            A, weights[f"W{l}"].permute(3, 2, 0, 1).contiguous(),
            None if bias is None else bias.ravel(), how["stride"], how["pad"])
        if activation:  # where other frameworks have it
            A = getattr(torch, activation)(A)
        A = torch.nn.functional.max_pool2d(A, how["pool"])
    # The order of the features in a column: as A.T of (m, h, w, c).
    A = A.permute(1, 3, 2, 0).reshape(-1, len(X))
    for l, g in enumerate(activations, len(caches)):
        Z = weights[f"W{l}"] @ A + weights[f"b{l}"]
        A = torch.softmax(Z, 0) if g == "softmax" else getattr(torch, g)(Z)
    if activations[-1] == "softmax":
        cost = torch.nn.functional.cross_entropy(
            Z.T, torch.tensor(Y.argmax(axis=0)))
    else:
        cost = torch.nn.functional.binary_cross_entropy_with_logits(
            Z, torch.tensor(Y), reduction="sum") / len(X)
    cost.backward()
    close(AL, A.detach().numpy(), 1e-10)
    close(J(AL, Y), cost.detach().numpy(), 1e-10)
    for name, weight in weights.items():
        close(grads["d" + name], weight.grad.numpy(), 1e-10)


def test_momentum_is_that_of_torch_whatever_the_rates():
    stream, beta = np.random.RandomState(0), 0.8
    ours, velocity = {"W1": stream.randn(3, 2)}, {"dW1": np.zeros((3, 2))}
    theirs = leaf(ours["W1"].copy())
    rule = torch.optim.SGD([theirs], lr=1, momentum=beta)
    for rate in (0.5, 0.5, 0.1, 0.02, 0.3):
        slope = stream.randn(3, 2)
        theirs.grad = torch.tensor(slope)
        rule.param_groups[0]["lr"] = rate * (1 - beta)
        rule.step()
        ours, velocity = bp.update_parameters_with_momentum(
            ours, {"dW1": slope}, velocity, beta, rate)
        close(ours["W1"], theirs.detach().numpy(), 1e-12)
