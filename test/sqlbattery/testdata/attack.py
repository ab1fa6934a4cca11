"""Marks a function of ways_*.py: which attack it is given. Those that are called harmless_... are
safe, and not to be refused."""


def attack(field):
    def mark(function):
        function.attack = field
        return function
    return mark


number, text, bare, backslash, name = map(attack, ("number", "text", "bare", "backslash", "name"))
