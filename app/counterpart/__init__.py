"""The providers' parts, played on this machine for the demo city: what Twilio and others would do, behind their own addresses.

Nothing here is imported by the product; the product reaches it over HTTP only, through the providers' own libraries. Real credentials switch it off.
"""
