"""The one hash of the package, without what the standard library loads beside it.

Floor 0. `hashlib` loads all of OpenSSL and then takes this very function from `_blake2`: that is where it is taken from
here, and from `hashlib` only where a Python keeps it elsewhere. The bytes are those of RFC 7693 everywhere.
"""

try:
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

__all__ = ["blake2b"]
