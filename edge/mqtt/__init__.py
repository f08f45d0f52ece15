"""The connection to a broker. No other room imports paho."""
