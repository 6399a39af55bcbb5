"""What is wrong with a dataset, found before training: rows, ships, pictures, mask files, scenes."""
