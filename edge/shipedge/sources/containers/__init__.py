"""How the containers of videos are built, one module for each family."""
