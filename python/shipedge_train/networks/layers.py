"""Two layers of which Keras has no fast form on every backend."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

BN_MOMENTUM = 0.97  # short CPU runs: the default 0.99 needs hundreds of steps before validation means anything


@keras.saving.register_keras_serializable("shipedge")
class BatchNormalization(layers.BatchNormalization):  # type: ignore[misc]  # Keras has no types
    """Keras' own, trained with TensorFlow's fused operation where that runs: a quarter less time for a step on a CPU.

    Keras computes mean, variance and every product one after the other, each a walk through memory. Numbers, weights
    and what is converted are the same. Channels come last, and there is no mask.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """(..., c) -> (..., c); moves the running mean and variance when training."""
        if not training or not self.trainable or mask is not None or keras.backend.backend() != "tensorflow":
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        gamma, beta = (tf.convert_to_tensor(weight) for weight in (self.gamma, self.beta))
        normalized, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs, gamma, beta, epsilon=self.epsilon, is_training=True
        )
        count = tf.cast(tf.size(inputs) // tf.shape(inputs)[-1], variance.dtype)
        variance *= (count - 1) / count  # it returns the unbiased estimate, Keras remembers the plain mean
        for weight, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            weight.assign(weight * self.momentum + value * (1 - self.momentum))
        return tf.cast(normalized, self.compute_dtype)


@keras.saving.register_keras_serializable("shipedge")
class DepthToSpace(layers.Layer):  # type: ignore[misc]  # Keras has no types
    """Four channels to a 2x2 block of pixels: (b, h, w, 4) -> (b, 2h, 2w, 1), channel order as in TFLite.

    TensorFlow's own operation where it runs, because that converts to one TFLite DEPTH_TO_SPACE; a reshape of rank 6
    would convert to a transpose that no delegate takes.
    """

    def call(self, x: Any) -> Any:
        """Move channels into space."""
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            return tf.nn.depth_to_space(x, 2)
        height, width = keras.ops.shape(x)[1:3]
        x = keras.ops.reshape(x, (-1, height, width, 2, 2))
        return keras.ops.reshape(keras.ops.transpose(x, (0, 1, 3, 2, 4)), (-1, 2 * height, 2 * width, 1))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """(b, h, w, 4) -> (b, 2h, 2w, 1)."""
        batch, height, width, _ = input_shape
        return (batch, height and 2 * height, width and 2 * width, 1)
