"""Accounts, sign-in, tokens, and the one road from an id to an object a person may see."""
