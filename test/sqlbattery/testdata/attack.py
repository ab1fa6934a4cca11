"""Marks a function of ways_*.py: which attack it is given."""


def attack(field):
    def mark(function):
        function.attack = field
        return function
    return mark


number, text, bare, name = map(attack, ("number", "text", "bare", "name"))
