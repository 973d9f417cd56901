"""The application for any WSGI server; it starts no jobs."""

from pathway import config
from pathway.web import create_app

app = create_app(config.read())
