"""Texts out and in, and notices: what staff are told, and whether it reached them."""
