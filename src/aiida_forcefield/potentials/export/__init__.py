"""A force field as the input of MD programs."""
