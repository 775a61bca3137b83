"""The parameters of a request, checked."""


class BadParams(Exception):
    """The parameters do not fit the method; the text says which."""


def take(params, name, kind, default=None):
    """A parameter of a type; required when there is no default. None counts as absent."""
    value = params.get(name)
    if value is None:
        value = default
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BadParams("%s is not a %s" % (name, getattr(kind, "__name__", "number")))
    return value


def texts(value, name):
    """The value, when it holds text only."""
    if not all(isinstance(item, str) and "\0" not in item for item in value):
        raise BadParams("%s holds something that is not text" % name)
    return value
