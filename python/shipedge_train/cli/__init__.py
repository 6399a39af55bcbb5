"""The commands of the training package, one a file; none loads Keras or OpenCV before it runs."""
