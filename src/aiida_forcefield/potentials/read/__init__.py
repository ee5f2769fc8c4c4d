"""Force fields from the files of other programs."""
