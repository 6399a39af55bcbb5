"""How two dataset folders differ: statistics, distances, images side by side, and judges that tell them apart."""
