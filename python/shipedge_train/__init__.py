"""Training of the two networks: data, models, losses, conversion. Never needed on a device."""
