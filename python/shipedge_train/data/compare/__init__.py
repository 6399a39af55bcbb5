"""How two dataset folders differ: statistics, distances, pictures side by side, and judges that tell them apart."""
