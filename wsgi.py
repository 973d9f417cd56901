"""The application for any WSGI server; it starts no jobs."""

from pathway import config, logs
from pathway.web import create_app

logs.configure()
app = create_app(config.read())
