"""One sender a file. What a channel is stands in base.py; which ones an installation has is app/wiring.py's business."""
