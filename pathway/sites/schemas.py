"""The shape of what is typed about a site."""

from marshmallow import Schema

from pathway.fields import Version, text
from pathway.sites.rules import DETAILS


class PlaceForm(Schema):
    """What a lead types of a site; ``version`` is the one that the form was made from."""

    version = Version(required=True)
    phone = text(DETAILS["phone"], load_default="")
    pickup_point = text(DETAILS["pickup_point"], load_default="")
    address = text(DETAILS["address"], load_default="")
