"""The networks as functional Keras 3 models, the same under TensorFlow, JAX and PyTorch.

All take raw RGB values 0..255 and normalize inside the graph, so that no caller can forget or double it. Those that see
scenes are fully convolutional: training feeds crops, conversion fixes the size.
"""
