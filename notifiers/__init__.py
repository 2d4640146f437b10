"""Messages to people: recipients, wording, channels, the outbox. Knows no ticket and no clock of a ticket; `app` hands it values."""
