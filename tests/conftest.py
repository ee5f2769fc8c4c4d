"""What all tests share: machines are noisy, so no example has a deadline."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.register_profile("search", deadline=None, max_examples=3000)
settings.load_profile("untimed")
