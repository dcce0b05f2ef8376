"""The local web IDE: relays the events of runs to the browser."""
