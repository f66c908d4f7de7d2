"""Wire schema, version 1, and what protoc makes of it."""
