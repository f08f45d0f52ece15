"""The messages through the door and to the broker: records, topics, schemas. None of them can contain a picture."""
