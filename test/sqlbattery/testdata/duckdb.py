"""Stands for a driver that nobody watches."""
__version__ = "1.2"
