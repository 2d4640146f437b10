"""Text messages that citizens write to the hotline: taken once, read, acted upon, answered through the outbox. Sending is notifiers/'s."""
