"""What `setup` makes: a profile, the computers that jobs are sent to, and their codes."""
