"""What crosses the door and the wire: records, topics, schemas. It can hold no picture."""
