"""Values and slopes of a loss under whichever backend runs."""

import keras
import numpy as np
import pytest


@pytest.fixture(scope="session")
def value():
    """value(loss, y_true, y_pred): one number per image."""
    return lambda loss, y_true, y_pred: keras.ops.convert_to_numpy(loss(y_true, keras.ops.convert_to_tensor(y_pred)))


@pytest.fixture(scope="session")
def slope():
    """slope(loss, y_true, y_pred): d(sum of the values) / d(y_pred), in the type of y_pred."""
    return {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}[keras.backend.backend()]


def _tensorflow(loss, y_true, y_pred):
    import tensorflow as tf

    variable = tf.Variable(y_pred)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(loss(y_true, variable))
    return tape.gradient(total, variable).numpy()


def _jax(loss, y_true, y_pred):
    import jax

    return np.asarray(jax.grad(lambda p: loss(y_true, p).sum())(jax.numpy.asarray(y_pred)))


def _torch(loss, y_true, y_pred):
    import torch

    variable = keras.ops.convert_to_tensor(y_pred).detach().clone().requires_grad_()
    with torch.enable_grad():
        loss(y_true, variable).sum().backward()
    return keras.ops.convert_to_numpy(variable.grad)
