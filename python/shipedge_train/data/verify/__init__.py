"""What is wrong with a dataset, found before training: rows, ships, images, mask files, scenes."""
