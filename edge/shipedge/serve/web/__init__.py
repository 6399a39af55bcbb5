"""The process with the page: FastAPI, plain HTML, and no model."""
